import { expect, it } from 'vitest';
import type { Run } from '../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

it('tells what the other runs of a session have used, as its CLI said', () => {
  using store = memoryStore();
  const runs = ['s', 's', 's', 'other'].map(session => {
    const { run } = started(store);
    store.runs.update(run, { session });
    return store.runs.get(run.task, run.number) as Run;
  });
  const use = (run: Run | undefined, inputTokens: number, costSource: 'reported' | 'computed') => {
    const tokens = { inputTokens, cachedTokens: null, outputTokens: 1 };
    const { task, number } = run as Run;
    store.usage.write({ task, run: number, model: null, ...tokens, costUsd: 0.5, costSource, at: NOW });
  };
  use(runs[0], 10, 'reported');
  use(runs[1], 20, 'computed');
  use(runs[2], 40, 'reported');
  use(runs[3], 80, 'reported');
  expect(store.usage.before(runs[2] as Run)).toEqual({ input: 30, cached: 0, output: 2, cost: 0.5 });
  expect(store.usage.before({ ...(runs[2] as Run), session: null })).toMatchObject({ input: 0, cost: 0 });
});

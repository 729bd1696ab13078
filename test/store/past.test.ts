import { expect, it } from 'vitest';
import { endRun } from '../../src/queue/change.ts';
import type { Store } from '../../src/store/open.ts';
import type { RunOutcome } from '../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

function ended(store: Store, outcome: RunOutcome, at: number, changes: Parameters<typeof started>[1] = {}) {
  const { run } = started(store, changes);
  store.runs.update(run, { spawnedAt: NOW });
  endRun(store, run, { outcome, exitCode: null, reason: null, lastWords: null }, at);
  return run;
}

it('the newest runs of a profile come first, with what they cost and what their tasks asked for', () => {
  using store = memoryStore();
  ended(store, 'failed', NOW + 2);
  const { task, number } = ended(store, 'succeeded', NOW + 3, { repositoryId: 8, capabilities: [] });
  store.usage.write({
    ...{ task, run: number, model: null, at: NOW, costUsd: 1.5, costSource: 'reported' },
    ...{ inputTokens: null, cachedTokens: null, outputTokens: null },
  });
  const one = { spawnedAt: NOW, repositoryId: 7, capabilities: '[]', costUsd: null, pullState: null };
  expect(store.past.of('claude')).toEqual([
    { ...one, outcome: 'succeeded', endedAt: NOW + 3, repositoryId: 8, costUsd: 1.5 },
    { ...one, outcome: 'failed', endedAt: NOW + 2 },
  ]);
  expect(store.past.of('codex')).toEqual([]);
});

it('what says nothing of an agent is left out: what lives, was stopped by people or its vendor, or never began', () => {
  using store = memoryStore();
  for (const outcome of ['cancelled', 'paused', 'rate_limited'] as const) ended(store, outcome, NOW);
  started(store);
  const { run } = started(store);
  endRun(store, run, { outcome: 'crashed', exitCode: null, reason: null, lastWords: null }, NOW);
  expect(store.past.of('claude')).toEqual([]);
});

it('a hundred runs are enough', () => {
  using store = memoryStore();
  for (let n = 0; n < 103; n++) ended(store, n < 3 ? 'failed' : 'succeeded', NOW + n);
  const past = store.past.of('claude');
  expect(past).toHaveLength(100);
  expect(past.every(({ outcome }) => outcome === 'succeeded')).toBe(true);
});

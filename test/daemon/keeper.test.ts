import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/agent/watch/progress.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { openKeeper, usageOf } from '../../src/daemon/keeper.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Store } from '../../src/store/open.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const { settings } = loadSettings({
  text: `
agents: { claude: { command: [claude], model: small-1 } }
prices: { small: { input: 1, output: 10 } }
`,
  env: {},
});
const TOKENS = { input: 1_000_000, cached: 0, output: 100_000 };

function progress(changes: Partial<Progress>): Progress {
  return {
    ...{ state: 'working', since: NOW, session: null, model: null, text: null, activity: null, events: 0 },
    ...{ usage: null, costUsd: null, retries: 0, limit: null, end: null },
    ...changes,
  };
}

const keeperOf = (store: Store) => openKeeper({ store, clock: fakeClock(NOW), log: silentLog(), settings });

describe('what a run has used', () => {
  const prices = settings.prices;
  it.each([
    ['reported, when its CLI says so', { usage: TOKENS, costUsd: 0.5 }, 'small-1', 0.5, 'reported'],
    ['reported, without tokens too', { usage: null, costUsd: 0 }, 'small-1', 0, 'reported'],
    ['computed, when there is a price', { usage: TOKENS, costUsd: null }, 'small-1', 2, 'computed'],
    ['computed, when its CLI knows no price', { usage: TOKENS, costUsd: 0 }, 'small-1', 2, 'computed'],
    ['unknown, when nobody knows it', { usage: TOKENS, costUsd: 0 }, 'large', null, null],
    ['unknown, without a model', { usage: TOKENS, costUsd: null }, null, null, null],
  ])('has a cost that is %s', (_, told, model, costUsd, costSource) =>
    expect(usageOf(told, model, prices)).toMatchObject({ model, costUsd, costSource }),
  );

  it('is nothing while its CLI has told of nothing', () => {
    expect(usageOf({ usage: null, costUsd: null }, 'small-1', prices)).toBe(null);
  });
});

describe('the keeper', () => {
  it('writes session and usage down, with the model that the run was started with', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const keeper = keeperOf(store);
    keeper.heard(run, progress({ session: 's-1' }));
    expect(store.runs.get(task.id, 1)?.session).toBe('s-1');
    expect(store.usage.ofTask(task.id)).toEqual([]);
    keeper.heard(run, progress({ session: 's-1', usage: TOKENS }));
    expect(store.usage.ofTask(task.id)).toEqual([
      {
        ...{
          task: 1,
          run: 1,
          model: 'small-1',
          inputTokens: 1_000_000,
          cachedTokens: 0,
          outputTokens: 100_000,
        },
        ...{ costUsd: 2, costSource: 'computed', at: NOW },
      },
    ]);
  });

  it('prices the model that was asked for, and rather that which the CLI names', () => {
    using store = memoryStore();
    const { run } = started(store, { model: 'large-1' });
    keeperOf(store).heard(run, progress({ usage: TOKENS }));
    expect(store.usage.ofRun(1, 1)).toMatchObject({ model: 'large-1', costUsd: null, costSource: null });
    keeperOf(store).heard(run, progress({ usage: TOKENS, model: 'small-2' }));
    expect(store.usage.ofRun(1, 1)).toMatchObject({ model: 'small-2', costUsd: 2 });
  });

  it('confirms what a run was given once its CLI goes on, once, and nothing else', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const add = (text: string) =>
      store.inputs.add({ task: 1, text, author: 'ann', source: text, createdAt: NOW }) as number;
    const [given, waiting] = [add('do it well'), add('and soon')];
    store.inputs.give(given, run.number);
    const keeper = keeperOf(store);
    const arrived = () => store.journal.ofTask(task.id).filter(({ type }) => type === 'input:arrived');
    keeper.heard(run, progress({ session: 's-1' }));
    expect(arrived()).toEqual([]);
    keeper.heard(run, progress({ session: 's-1', events: 1 }));
    keeper.heard(run, progress({ session: 's-1', events: 2 }));
    expect(arrived().map(({ data }) => data)).toEqual([{ input: given }]);
    expect(store.inputs.waiting(1).map(({ id }) => id)).toEqual([waiting]);
  });

  it('takes what a run used after its end, and leaves its row alone', () => {
    using store = memoryStore();
    const { run } = started(store);
    store.runs.update(run, { endedAt: NOW });
    keeperOf(store).heard(run, progress({ session: 's-1', usage: TOKENS }));
    expect(store.runs.get(1, 1)?.session).toBe(null);
    expect(store.usage.ofRun(1, 1)).toMatchObject({ inputTokens: 1_000_000 });
  });
});

import { describe, expect, it } from 'vitest';
import type { Progress } from '../../src/agent/watch/progress.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type Keeper, openKeeper, usageOf } from '../../src/daemon/keeper.ts';
import { cancel, changeState, endRun, pause, resume, retry, wake } from '../../src/queue/change.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { claimed, memoryStore, NOW, queued, started } from '../support/tasks.ts';

const settingsOf = (budgets: string) =>
  loadSettings({
    text: `
agents: { claude: { command: [claude], model: small-1 } }
prices: { small: { input: 1, output: 10 } }
budgets: ${budgets}
`,
    env: {},
  }).settings;
const settings = settingsOf('{}');
const TOKENS = { input: 1_000_000, cached: 0, output: 100_000 };

function progress(changes: Partial<Progress>): Progress {
  return {
    ...{ state: 'working', since: NOW, session: null, model: null, text: null, activity: null, events: 0 },
    ...{ usage: null, costUsd: null, retries: 0, limit: null, end: null },
    ...changes,
  };
}

const spends = (costUsd: number, input = 0) => progress({ usage: { input, cached: 0, output: 0 }, costUsd });

function keeperOf(
  store: Store,
  { budgets = '{}', clock = fakeClock(NOW), isOver = (): boolean => false } = {},
) {
  return openKeeper({ store, clock, log: silentLog(), settings: settingsOf(budgets), isOver });
}

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

  it('has tokens that are unknown, not none, where its CLI tells of money alone', () => {
    const unknown = { inputTokens: null, cachedTokens: null, outputTokens: null };
    expect(usageOf({ usage: null, costUsd: 1 }, 'small-1', prices)).toMatchObject(unknown);
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

it('the books are written when there is news, and only then', async () => {
  using store = memoryStore();
  const clock = fakeClock(NOW);
  const { run } = started(store);
  const keeper = keeperOf(store, { clock });
  keeper.heard(run, spends(1));
  await clock.advance(1000);
  keeper.heard(run, spends(1));
  expect(store.usage.ofRun(1, 1)?.at).toBe(NOW);
  keeper.heard(run, spends(1.5));
  expect(store.usage.ofRun(1, 1)?.at).toBe(NOW + 1000);
});

describe('the budget of a task', () => {
  it('is told of once when most of it is spent, and pauses the run when all is, until a person says so', () => {
    using store = memoryStore();
    const { run } = started(store, { budgetUsd: 2 });
    const keeper = keeperOf(store);
    const told = () => store.journal.ofTask(1).filter(({ type }) => type === 'budget:warned');
    keeper.heard(run, spends(1.59));
    expect(told()).toEqual([]);
    keeper.heard(run, spends(1.6));
    keeper.heard(run, spends(1.7));
    expect(told().map(({ data }) => data)).toEqual([{ spent: '1.60 USD', budget: 'its budget of 2.00 USD' }]);
    expect(store.tasks.get(1)).toMatchObject({ state: 'starting', budgetWarned: true });
    keeper.heard(run, spends(2.1));
    keeper.heard(run, spends(2.2));
    expect(store.tasks.get(1)).toMatchObject({
      ...{ state: 'paused', wakeAt: null, epoch: run.epoch + 1 },
      reason: 'its budget of 2.00 USD is spent (2.10 USD): resuming it grants the same again',
    });
    expect(store.usage.ofRun(1, 1)).toMatchObject({ costUsd: 2.2 });
  });

  it('is one of tokens as well, of all runs together', () => {
    using store = memoryStore();
    const { task, run } = started(store, { budgetTokens: 1000 });
    const keeper = keeperOf(store);
    keeper.heard(run, progress({ usage: { input: 400, cached: 300, output: 200 }, costUsd: 9 }));
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: null, lastWords: null }, NOW);
    changeState(store, task, 'queued', NOW);
    const next = claimed(store)?.run as Run;
    keeper.heard(next, spends(1, 399));
    expect(store.tasks.get(1)).toMatchObject({ state: 'starting', budgetWarned: true });
    keeper.heard(next, spends(1, 400));
    expect(store.tasks.get(1)).toMatchObject({ state: 'paused' });
    expect(store.tasks.get(1)?.reason).toMatch('its budget of 1k tokens is spent (1k tokens)');
  });

  it('is granted again by who resumes or retries the task, when it is spent and only then', async () => {
    using store = memoryStore();
    const { task, run } = started(store, { budgetUsd: 2 });
    const keeper = keeperOf(store);
    keeper.heard(run, spends(1.7));
    keeper.heard(run, spends(5));
    expect(store.tasks.get(1)).toMatchObject({ state: 'paused', budgetWarned: true });
    endRun(store, run, { outcome: 'paused', exitCode: 1, reason: null, lastWords: null }, NOW);
    expect(resume(store, 1, NOW)).toMatchObject({ state: 'queued', budgetFrom: 1, budgetWarned: false });
    await settled();
    const next = claimed(store)?.run as Run;
    keeper.heard(next, spends(1));
    expect(store.tasks.get(1)).toMatchObject({ state: 'starting' });
    pause(store, 1, 'lunch', null, NOW);
    endRun(store, next, { outcome: 'paused', exitCode: 1, reason: null, lastWords: null }, NOW);
    expect(resume(store, 1, NOW)).toMatchObject({ budgetFrom: 1 });
    const third = claimed(store)?.run as Run;
    keeper.heard(third, spends(1));
    expect(store.tasks.get(1)).toMatchObject({ state: 'paused' });
    cancel(store, 1, 'no', NOW);
    expect(retry(store, 1, 'yes', NOW)).toMatchObject({ budgetFrom: 3 });
    expect(task.budgetFrom).toBe(0);
  });

  it('does not stop a run whose CLI has come to its end, and none after it starts by itself', async () => {
    using store = memoryStore();
    const { task, run } = started(store, { budgetUsd: 2 });
    await using keeper = closing(keeperOf(store, { isOver: () => true }));
    keeper.heard(run, spends(5));
    await settled();
    expect(store.tasks.get(1)).toMatchObject({ state: 'starting', budgetWarned: false });
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: null, lastWords: null }, NOW);
    changeState(store, task, 'queued', NOW);
    expect(keeper.mayStart(store.tasks.get(1) as Task)).toBe(false);
    await settled();
    expect(store.tasks.get(1)).toMatchObject({ state: 'paused', wakeAt: null });
  });

  it('is not granted again to a task that would have gone on by itself', () => {
    using store = memoryStore();
    const { run } = started(store, { budgetUsd: 2 });
    pause(store, 1, 'its agent is at a limit', NOW + 1000, NOW);
    keeperOf(store).heard(run, spends(5));
    expect(resume(store, 1, NOW)).toMatchObject({ state: 'queued', budgetFrom: 0 });
  });

  it('does not stop an agent that has said that it is done', async () => {
    using store = memoryStore();
    const { run } = started(store, { budgetUsd: 2 });
    store.runs.update(run, { doneAt: NOW });
    await using keeper = closing(keeperOf(store));
    keeper.heard(run, spends(5));
    expect(store.tasks.get(1)).toMatchObject({ state: 'starting' });
  });

  it('holds a task that was queued again while nobody kept the books', async () => {
    using store = memoryStore();
    const { task, run } = started(store, { budgetUsd: 2 });
    const first = keeperOf(store, { isOver: () => true });
    first.heard(run, spends(5));
    await first.stop();
    changeState(store, task, 'queued', NOW);
    await using _again = closing(keeperOf(store));
    await settled();
    expect(store.tasks.get(1)).toMatchObject({ state: 'paused' });
  });

  it('says once when the cost is unknown, and is held in tokens where it has some', () => {
    using store = memoryStore();
    const { run } = started(store, { budgetUsd: 2, budgetTokens: 100, model: 'large' });
    const keeper = keeperOf(store);
    keeper.heard(run, spends(0, 10));
    keeper.heard(run, spends(0, 20));
    const told = store.journal.ofTask(1).filter(({ type }) => type === 'budget:unknown');
    expect(told.map(({ data }) => data)).toEqual([{ model: 'large', budget: 'its budget of 2.00 USD' }]);
    keeper.heard(run, spends(0, 100));
    expect(store.tasks.get(1)?.reason).toMatch('its budget of 2.00 USD and 100 tokens is spent (100 tokens)');
  });
});

it('a budget that nothing can hold, since the CLI tells nothing of what it uses, is told of once', async () => {
  using store = memoryStore();
  const { run } = started(store, { budgetTokens: 1000 });
  const text = 'agents: { claude: { command: [claude], events: [] } }';
  const silent = loadSettings({ text, env: {} }).settings;
  const clock = fakeClock(NOW);
  await using _keeper = closing(
    openKeeper({ store, clock, log: silentLog(), settings: silent, isOver: () => false }),
  );
  for (const type of ['run:spawned', 'run:spawned'] as const) {
    store.journal.append(NOW, 1, type, { run: run.number, pid: 1 });
    await settled();
  }
  const told = store.journal.ofTask(1).filter(({ type }) => type === 'budget:unknown');
  expect(told.map(({ data }) => data)).toEqual([{ model: null, budget: 'its budget of 1k tokens' }]);
});

describe('the budget of a day', () => {
  const MIDNIGHT = Date.parse('2027-01-16T00:00:00Z');

  it('holds the tasks of a repository back until the next day, and no others', async () => {
    using store = memoryStore();
    const clock = fakeClock(NOW);
    await using keeper = closing(keeperOf(store, { budgets: '{ repository_day: 3usd }', clock }));
    const { run } = started(store);
    const other = started(store);
    const elsewhere = started(store, { repositoryId: 8 });
    const waiting = queued(store);
    keeper.heard(elsewhere.run, spends(9));
    keeper.heard(run, spends(1));
    keeper.heard(other.run, spends(2));
    await settled();
    const reason =
      "this repository's budget for the day of 3.00 USD is spent (3.00 USD): before the next day only more in orch.yaml helps";
    for (const { id } of [run, other.run, { task: waiting.id }].map(({ task }) => ({ id: task })))
      expect(store.tasks.get(id)).toMatchObject({ state: 'paused', wakeAt: MIDNIGHT, reason });
    expect(store.tasks.get(elsewhere.task.id)?.state).toBe('paused');
    expect(keeper.mayStart(waiting)).toBe(false);
    await clock.advance(MIDNIGHT - NOW);
    expect(keeper.mayStart(waiting)).toBe(true);
    wake(store, MIDNIGHT);
    await settled();
    expect(store.tasks.get(waiting.id)?.state).toBe('queued');
  });

  it('stops whoever works, also one whose own CLI is silent, and holds back one that waits for its run of before', async () => {
    using store = memoryStore();
    const options = { budgets: '{ day: 3usd }', isOver: () => true };
    const [spender, silent] = [started(store), started(store)];
    {
      await using keeper = closing(keeperOf(store, { ...options, isOver: () => false }));
      await settled();
      keeper.heard(spender.run, spends(3));
      await settled();
      expect(store.tasks.get(silent.task.id)).toMatchObject({ state: 'paused', wakeAt: MIDNIGHT });
    }
    // Its agent is dying; what it says of its end is not the end of the task.
    resume(store, silent.task.id, NOW);
    await using _keeper = closing(keeperOf(store, options));
    await settled();
    expect(store.tasks.get(silent.task.id)).toMatchObject({ state: 'paused', wakeAt: MIDNIGHT });
  });

  it('counts a run for the day on which it began', async () => {
    using store = memoryStore();
    const clock = fakeClock(NOW);
    await using keeper = closing(keeperOf(store, { budgets: '{ day: 100tokens }', clock }));
    const { run } = started(store);
    await clock.advance(MIDNIGHT - NOW);
    const { run: today } = started(store, {}, MIDNIGHT);
    keeper.heard(today, spends(0, 90));
    keeper.heard(run, spends(0, 100));
    await settled();
    expect(store.tasks.get(today.task)).toMatchObject({ state: 'starting', budgetWarned: true });
    expect(store.tasks.get(run.task)).toMatchObject({ state: 'paused', wakeAt: MIDNIGHT });
  });
});

/** As a resource: no round is left when the store closes. */
function closing(keeper: Keeper): Keeper & AsyncDisposable {
  return { ...keeper, [Symbol.asyncDispose]: () => keeper.stop() };
}

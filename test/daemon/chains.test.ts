import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startChains } from '../../src/daemon/chains.ts';
import { cancel, changeState, endRun, pause, resume, retry } from '../../src/queue/change.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Store } from '../../src/store/open.ts';
import type { Task } from '../../src/task/glossary.ts';
import { isFinal, type TaskState } from '../../src/task/states.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { aRequest, claimed, memoryStore, NOW } from '../support/tasks.ts';

type Policy = 'hold' | 'fail' | 'run';

const chainsOf = (store: Store, failedPrerequisite: Policy = 'hold') => {
  const pulls = { retarget: async () => {} };
  const { stop } = startChains({ store, clock: fakeClock(NOW), log: silentLog(), pulls, failedPrerequisite });
  return { [Symbol.asyncDispose]: stop };
};

function add(store: Store, ...after: number[]): number {
  return enqueue(store, aRequest(), NOW, 1000, after).task.id;
}

const get = (store: Store, id: number) => store.tasks.get(id) as Task;

/** Its run ends so, as the scheduler writes it. */
function end(store: Store, id: number, to: TaskState): void {
  const run = store.runs.liveOf(id);
  if (run) endRun(store, run, { outcome: 'failed', exitCode: 1, reason: null, lastWords: null }, NOW);
  if (!isFinal(get(store, id).state)) changeState(store, get(store, id), to, NOW, { reason: 'so it is' });
}

const waits = (store: Store, id: number) =>
  store.journal.ofTask(id).flatMap(event => (event.type === 'task:waits' ? [event.data.reason] : []));

describe('a task that comes after others', () => {
  it('says what it waits for, and starts when all of it is completed', async () => {
    using store = memoryStore();
    await using _chains = chainsOf(store);
    const [one, two] = [add(store), add(store)];
    const last = add(store, one, two);
    await settled();
    expect(get(store, last)).toMatchObject({ state: 'queued', reason: 'waits for T1 and T2' });
    expect([claimed(store), claimed(store), claimed(store)].map(each => each?.task.id)).toEqual([
      1,
      2,
      undefined,
    ]);
    end(store, one, 'completed');
    await settled();
    expect(get(store, last).reason).toBe('waits for T2');
    expect(claimed(store)).toBeNull();
    end(store, two, 'completed');
    await settled();
    expect(get(store, last).reason).toBeNull();
    expect(waits(store, last)).toEqual(['waits for T1 and T2', 'waits for T2', null]);
    expect(claimed(store)?.task).toMatchObject({ id: last, state: 'starting' });
  });

  it('waits for the retry of one that failed, and then goes on', async () => {
    using store = memoryStore();
    await using _chains = chainsOf(store);
    const first = add(store);
    const last = add(store, first);
    claimed(store);
    end(store, first, 'failed');
    await settled();
    expect(get(store, last).reason).toBe('waits for T1, but T1 failed: retry T1 to go on');
    expect(claimed(store)).toBeNull();
    retry(store, first, 'again', NOW);
    await settled();
    expect(get(store, last).reason).toBe('waits for T1');
    expect(claimed(store)?.task.id).toBe(first);
    end(store, first, 'completed');
    expect(claimed(store)?.task.id).toBe(last);
  });

  it('fails with one that was cancelled or escalated where the policy says so, and so do those after it', async () => {
    using store = memoryStore();
    await using _chains = chainsOf(store, 'fail');
    const [one, two] = [add(store), add(store)];
    const middle = add(store, one, two);
    const last = add(store, middle);
    claimed(store);
    end(store, one, 'escalated');
    cancel(store, two, 'no', NOW);
    await settled();
    const reason = 'needs T1 and T2, but T1 needs a person and T2 was cancelled';
    expect(get(store, middle)).toMatchObject({ state: 'failed', reason });
    expect(get(store, last)).toMatchObject({ state: 'failed', reason: 'needs T3, but T3 failed' });
  });

  it('goes on without one that failed where the policy says so, though that is retried later', async () => {
    using store = memoryStore();
    await using _chains = chainsOf(store, 'run');
    const [one, two] = [add(store), add(store)];
    const last = add(store, one, two);
    cancel(store, one, 'no', NOW);
    await settled();
    expect(waits(store, last)).toEqual(['goes on though T1 was cancelled', 'waits for T2']);
    retry(store, one, 'after all', NOW);
    end(store, two, 'failed');
    await settled();
    expect(get(store, last)).toMatchObject({ state: 'queued', reason: null });
    expect([claimed(store)?.task.id, claimed(store)?.task.id]).toEqual([one, last]);
  });

  it('keeps the reason that it has got meanwhile, and is looked at after a restart', async () => {
    using store = memoryStore();
    const first = add(store);
    const last = add(store, first);
    {
      await using _chains = chainsOf(store);
      await settled();
    }
    cancel(store, last, 'no', NOW);
    retry(store, last, 'retried by ann', NOW);
    expect(get(store, last).reason).toBe('retried by ann');
    await using _chains = chainsOf(store);
    await settled();
    expect(get(store, last).reason).toBe('waits for T1');
    pause(store, last, 'lunch', null, NOW);
    claimed(store);
    end(store, first, 'completed');
    await settled();
    expect(get(store, last)).toMatchObject({ state: 'paused', reason: 'lunch' });
    resume(store, last, NOW);
    expect(claimed(store)?.task.id).toBe(last);
  });
});

type Deed = { do: 'add' | 'claim' | 'complete' | 'fail' | 'cancel' | 'retry'; pick: number; after: number[] };

const deed: fc.Arbitrary<Deed> = fc.record({
  do: fc.constantFrom('add', 'add', 'claim', 'claim', 'complete', 'fail', 'cancel', 'retry'),
  pick: fc.nat(30),
  after: fc.array(fc.nat(30), { maxLength: 3 }),
});

describe('whatever happens', () => {
  it.each<Policy>(['hold', 'fail', 'run'])('no task starts before what it needs is completed: %s', policy =>
    fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 15, maxLength: 40 }), async deeds => {
        using store = memoryStore();
        await using _chains = chainsOf(store, policy);
        const waived = ({ id }: Task) =>
          policy === 'run' &&
          store.journal.ofTask(id).some(({ type, data }) => type === 'task:state' && isFinal(data.to));
        for (const { do: what, pick, after } of deeds) {
          const tasks = store.tasks.list(100);
          const task = tasks[pick % tasks.length];
          const known = tasks.length === 0 ? [] : after.map(each => 1 + (each % tasks.length));
          if (what === 'add') add(store, ...known);
          if (what === 'claim') {
            const id = claimed(store)?.task.id ?? 0;
            const needed = store.dependencies.of(id).map(each => get(store, each));
            expect(needed.filter(each => each.state !== 'completed' && !waived(each))).toEqual([]);
          }
          if (task === undefined) continue;
          if (what === 'complete' && task.state === 'starting') end(store, task.id, 'completed');
          if (what === 'fail' && task.state === 'starting') end(store, task.id, 'failed');
          if (what === 'cancel' && !isFinal(task.state)) cancel(store, task.id, 'no', NOW);
          if (what === 'retry' && isFinal(task.state) && task.state !== 'completed')
            retry(store, task.id, 'again', NOW);
          await settled();
        }
      }),
      { numRuns: 25 },
    ),
  );
});

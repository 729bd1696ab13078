import { describe, expect, it } from 'vitest';
import { rollBackIn } from '../../src/daemon/rollback-asked.ts';
import { cancel, changeState, endRun } from '../../src/queue/change.ts';
import type { RunOutcome, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

/** A task with two checkpoints, whose run lives, or has ended so. */
function kept(outcome: RunOutcome | null) {
  const store = memoryStore();
  const { task, run } = started(store);
  for (const sha of ['a', 'b'])
    store.checkpoints.add({
      task: task.id,
      run: 1,
      sha,
      session: null,
      why: 'by hand',
      leftOut: [],
      pull: null,
      at: NOW,
    });
  if (outcome !== null) endRun(store, run, { outcome, exitCode: 1, reason: null, lastWords: null }, NOW);
  return { store, rollBack: rollBackIn({ store, clock: fakeClock(NOW) }) };
}

describe('a rollback that is asked for', () => {
  it('pauses what is not over, and nothing of it is claimed until it is done', () => {
    const { store, rollBack } = kept(null);
    const epoch = store.tasks.get(1)?.epoch as number;
    expect(rollBack(1, 1, 'ann')).toMatchObject({ state: 'paused', rollback: 1, epoch: epoch + 1 });
    changeState(store, store.tasks.get(1) as Task, 'queued', NOW);
    expect([...store.tasks.claimable(NOW)]).toEqual([]);
    expect(store.tasks.rollingBack()).toEqual([1]);
    expect(store.journal.ofTask(1).findLast(({ type }) => type === 'task:rollback')?.data).toEqual({
      checkpoint: 1,
      by: 'ann',
      done: false,
    });
  });

  it.each<[string, RunOutcome | null, number]>([
    ['the newest of a live run', null, 2],
    ['the newest after a success, which left nothing', 'succeeded', 2],
    ['the one before how it stands, after any other end', 'crashed', 1],
  ])('goes without a number to %s', (_, outcome, expected) => {
    const { rollBack } = kept(outcome);
    expect(rollBack(1, null, 'ann').rollback).toBe(expected);
  });

  it('leaves what is over as it is', () => {
    const { store, rollBack } = kept('cancelled');
    cancel(store, 1, 'no', NOW);
    expect(rollBack(1, 1, 'ann')).toMatchObject({ state: 'cancelled', rollback: 1 });
  });

  it('wants a checkpoint that is there', () => {
    const { store, rollBack } = kept(null);
    expect(() => rollBack(1, 3, 'ann')).toThrow('T1 has no checkpoint 3');
    started(store);
    expect(() => rollBack(2, null, 'ann')).toThrow('T2 has no checkpoint to go back to');
    expect(store.tasks.get(2)).toMatchObject({ state: 'starting', rollback: null });
  });
});

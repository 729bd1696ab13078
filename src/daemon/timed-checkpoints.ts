import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { BY_TIME } from './checkpoints.ts';
import type { Snapshot } from './snapshots.ts';

export interface TimedCheckpointsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  snapshot: Snapshot;
  /** From one to the next; 0 for none. */
  everyMinutes: number;
}

/** Has the worktree of each agent at work kept every so often, two at a time: a host has other things to do. */
export function startTimedCheckpoints({
  store,
  clock,
  log,
  snapshot,
  everyMinutes,
}: TimedCheckpointsOptions) {
  const every = everyMinutes * 60_000;
  const lastAt = new Map<number, number>();
  const rounds = keyedRounds({
    clock,
    work,
    failed: (task: number, err) => log.error({ task: taskName(task), err }, 'no checkpoint by time'),
    longestMs: every,
    atOnce: 2,
  });
  if (every === 0) return { stop: () => rounds.stop() };
  const news = store.journal.onAppend(rounds.wake);
  for (const run of store.runs.live()) rounds.wake(run.task);

  async function work(id: number): Promise<number | null> {
    const run = store.runs.liveOf(id);
    const task = store.tasks.get(id) as Task;
    if (run === null || run.spawnedAt === null || run.stopAt !== null || run.epoch !== task.epoch) {
      lastAt.delete(id);
      return null;
    }
    const due = Math.max(run.spawnedAt, lastAt.get(id) ?? 0) + every;
    if (clock.now() < due) return due;
    lastAt.set(id, clock.now());
    await snapshot(task, run, BY_TIME).catch(error => {
      // The agent can make it fail as it likes, and works on.
      log.info({ task: taskName(id), why: describeError(error) }, 'the worktree could not be kept for now');
    });
    return clock.now() + every;
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

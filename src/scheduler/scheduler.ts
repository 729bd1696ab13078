import { promote, wake } from '../queue/change.ts';
import { type Choose, claim } from '../queue/claim.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import { taskName } from '../task/glossary.ts';
import { reconcile, type World } from './reconcile.ts';

export interface SchedulerOptions extends Omit<World, 'now'> {
  clock: Clock;
  log: Log;
  choose: Choose;
  promoteAfterMinutes: number;
  /** How often everything is looked at although nothing has called. */
  sweepSeconds: number;
}

export interface Scheduler {
  /** Something may have changed for this task: look at it now. */
  wake(task: number): void;
  /** Nothing new starts, steps under way are finished, agents go on in their sessions. */
  drain(): Promise<void>;
}

/** The loop: claims what may start, and brings every live run a step further whenever something has happened. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { store, clock, log } = options;
  const world: World = { ...options, now: clock.now };
  // The task stays as it is while its step fails.
  const steps = keyedRounds({
    clock,
    work: step,
    failed: (task: number, err) =>
      log.warn({ task: taskName(task), err }, `step failed, will be tried again: ${describeError(err)}`),
  });
  // A full disk must not end the daemon. Claiming reads the queue, which may be long: changes in a row make one claim.
  const chores = keyedRounds({
    clock,
    work: async (chore: () => number | null) => chore(),
    failed: (_, err) => log.error({ err }, 'the queue could not be written'),
    longestMs: options.sweepSeconds * 1000,
  });
  const news = store.journal.onAppend(task => {
    steps.wake(task);
    chores.wake(claimAll);
  });
  chores.wake(sweep);

  return {
    wake: steps.wake,
    async drain() {
      news[Symbol.dispose]();
      await Promise.all([steps.stop(), chores.stop()]);
    },
  };

  async function step(task: number): Promise<number | null> {
    const run = store.runs.liveOf(task);
    return run && (await reconcile(world, task, run.number));
  }

  function claimAll(): number | null {
    wake(store, clock.now());
    while (claim(store, options.choose, clock.now())) {}
    return store.tasks.nextReady(clock.now());
  }

  function sweep(): number {
    chores.wake(claimAll);
    promote(store, clock.now() - options.promoteAfterMinutes * 60_000, clock.now());
    // A failed step is tried again by itself, and is not to be hurried.
    for (const run of store.runs.live()) if (!steps.isFailing(run.task)) steps.wake(run.task);
    return clock.now() + options.sweepSeconds * 1000;
  }
}

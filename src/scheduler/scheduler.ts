import { promote } from '../queue/change.ts';
import { claim, type Limits, type RepositoryLimits } from '../queue/claim.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { taskName } from '../task/glossary.ts';
import { reconcile, type World } from './reconcile.ts';

export interface SchedulerOptions extends Omit<World, 'now'> {
  clock: Clock;
  log: Log;
  limits: Limits;
  repository: RepositoryLimits;
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
  const visits = new Map<number, { again: boolean; done: Promise<void> }>();
  const alarms = new Map<number, Disposable>();
  const failures = new Map<number, number>();
  let claiming = false;
  let draining = false;
  let nextClaim: Disposable | null = null;
  let nextSweep: Disposable | null = null;

  const news = store.journal.onAppend(task => {
    wake(task);
    soonClaim();
  });
  sweep();

  return { wake, drain };

  function wake(task: number): void {
    if (draining) return;
    const under = visits.get(task);
    if (under) {
      under.again = true;
      return;
    }
    const visit = { again: false, done: Promise.resolve() };
    visits.set(task, visit);
    visit.done = Promise.resolve().then(() => look(task, visit));
  }

  async function look(task: number, visit: { again: boolean }): Promise<void> {
    let at: number | null = null;
    do {
      visit.again = false;
      at = await step(task);
    } while (visit.again && !draining);
    visits.delete(task);
    alarms.get(task)?.[Symbol.dispose]();
    alarms.delete(task);
    if (at !== null && !draining)
      alarms.set(
        task,
        clock.after(at - clock.now(), () => wake(task)),
      );
  }

  /** A step that throws is tried again, later each time; the task stays as it is meanwhile. */
  async function step(task: number): Promise<number | null> {
    try {
      const run = store.runs.liveOf(task);
      const at = run && (await reconcile(world, task, run.number));
      failures.delete(task);
      return at;
    } catch (error) {
      const count = (failures.get(task) ?? 0) + 1;
      failures.set(task, count);
      log.warn(
        { task: taskName(task), err: error },
        `step failed, will be tried again: ${describeError(error)}`,
      );
      return clock.now() + Math.min(60_000, 1000 * 2 ** (count - 1));
    }
  }

  /** Several changes in a row make one claim; claiming reads the queue, and the queue may be long. */
  function soonClaim(): void {
    if (claiming || draining) return;
    claiming = true;
    queueMicrotask(() => {
      claiming = false;
      if (!draining) guarded(claimAll);
    });
  }

  function claimAll(): void {
    while (claim(store, options.limits, options.repository, clock.now())) {}
    const at = store.tasks.nextReady(clock.now());
    nextClaim?.[Symbol.dispose]();
    nextClaim = at === null ? null : clock.after(at - clock.now(), soonClaim);
  }

  function sweep(): void {
    nextSweep = clock.after(options.sweepSeconds * 1000, sweep);
    guarded(() => {
      promote(store, clock.now() - options.promoteAfterMinutes * 60_000, clock.now());
      // A failed step has an alarm of its own, and is not to be hurried.
      for (const run of store.runs.live()) if (!failures.has(run.task)) wake(run.task);
    });
    soonClaim();
  }

  /** A full disk must not end the daemon: the next sweep tries again. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error({ err: error }, 'the queue could not be written');
    }
  }

  async function drain(): Promise<void> {
    draining = true;
    news[Symbol.dispose]();
    for (const alarm of [nextSweep, nextClaim, ...alarms.values()]) alarm?.[Symbol.dispose]();
    await Promise.all([...visits.values()].map(visit => visit.done));
  }
}

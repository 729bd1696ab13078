import type { CleanedUp } from '../record/views.ts';
import type { Stages } from '../scheduler/stages.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';

export interface CleanerOptions {
  store: Store;
  workspace: Stages['workspace'];
  clock: Clock;
  log: Log;
  keepDays: number;
}

const SWEEP_MS = 3600_000;

/** Removes workspaces when their pull request is merged or closed, or by age; commits that are nowhere else are kept. */
export function startCleaner(options: CleanerOptions) {
  const { store, clock, log } = options;
  /** Tasks whose workspaces somebody wants gone now. */
  const wishes = new Map<number, PromiseWithResolvers<CleanedUp>>();
  const removals = keyedRounds({
    clock,
    work: clean,
    failed: (task: number, error) =>
      log.warn({ task: taskName(task), why: describeError(error) }, 'workspace could not be removed'),
    longestMs: SWEEP_MS,
    atOnce: 1,
  });
  // Of news only the task that it tells of is looked at; what has become old shows in the sweep.
  const sweeps = keyedRounds({
    clock,
    work: sweep,
    failed: (_: 'all', err) => log.error({ err }, 'the workspaces to remove could not be read'),
  });
  const news = store.journal.onAppend(soon);
  sweeps.wake('all');

  async function sweep(): Promise<number> {
    for (const { task } of store.runs.removable(keptSince())) soon(task);
    return clock.now() + SWEEP_MS;
  }

  /** What can't be removed is tried again by itself, and is not to be hurried. */
  function soon(task: number): void {
    if (!removals.isFailing(task)) removals.wake(task);
  }

  async function clean(id: number): Promise<null> {
    const wish = wishes.get(id);
    wishes.delete(id);
    const done: CleanedUp = { removed: [], failed: [] };
    const failures: unknown[] = [];
    for (const run of store.runs.removableOf(id, wish ? clock.now() : keptSince())) {
      const name = runName(run.task, run.number);
      try {
        done.removed.push({ run: name, rescued: await remove(run) });
      } catch (error) {
        done.failed.push({ run: name, why: describeError(error) });
        failures.push(error);
      }
    }
    wish?.resolve(done);
    if (failures.length > 0) throw failures[0];
    return null;
  }

  async function remove(run: Run): Promise<string | null> {
    const rescued = await options.workspace.remove(store.tasks.get(run.task) as Task, run);
    store.transaction(() => {
      store.runs.cleaned(run, clock.now());
      store.journal.append(clock.now(), run.task, 'workspace:removed', { run: run.number, rescued });
    });
    return rescued;
  }

  function now(task: number): Promise<CleanedUp> {
    const wish = wishes.get(task) ?? Promise.withResolvers<CleanedUp>();
    wishes.set(task, wish);
    removals.wake(task);
    return wish.promise;
  }

  function keptSince(): number {
    return clock.now() - options.keepDays * 24 * 3600_000;
  }

  return {
    /** Removes those of all tasks that are over, whatever their age, and says which. */
    async cleanUp(): Promise<CleanedUp> {
      const tasks = new Set(store.runs.removable(clock.now()).map(({ task }) => task));
      const all = await Promise.all([...tasks].map(now));
      return { removed: all.flatMap(each => each.removed), failed: all.flatMap(each => each.failed) };
    },
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await Promise.all([sweeps.stop(), removals.stop()]);
    },
  };
}

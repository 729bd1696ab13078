import type { Stages } from '../scheduler/stages.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { runName, type Task } from '../task/glossary.ts';

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
  let working: Promise<void> = Promise.resolve();
  let stopped = false;
  let alarm = clock.after(SWEEP_MS, sweep);
  const news = store.journal.onAppend(soon);
  soon();

  function sweep(): void {
    soon();
    alarm = clock.after(SWEEP_MS, sweep);
  }

  function soon(): void {
    working = working.then(clean).catch(error => log.error({ err: error }, 'cleaning failed'));
  }

  async function clean(): Promise<void> {
    for (const run of store.runs.removable(clock.now() - options.keepDays * 24 * 3600_000)) {
      if (stopped) return;
      const task = store.tasks.get(run.task) as Task;
      try {
        const rescued = await options.workspace.remove(task, run);
        store.transaction(() => {
          store.runs.update(run, { cleanedAt: clock.now() });
          store.journal.append(clock.now(), task.id, 'workspace:removed', { run: run.number, rescued });
        });
      } catch (error) {
        log.warn(
          { run: runName(run.task, run.number), why: describeError(error) },
          'workspace could not be removed',
        );
      }
    }
  }

  return {
    async stop(): Promise<void> {
      stopped = true;
      alarm[Symbol.dispose]();
      news[Symbol.dispose]();
      await working;
    },
  };
}

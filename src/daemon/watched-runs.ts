import { watchRun } from '../agent/ending.ts';
import { type Progress, readProgress } from '../agent/watch/progress.ts';
import type { Paths } from '../config/paths.ts';
import { type Run, runName } from '../task/glossary.ts';

export interface WatchedRunsOptions {
  paths: Paths;
  /** A run's next step may be another now: it has ended, met a limit, or gone on after one. */
  changed(run: Run): void;
  /** Hears of every change of a live run's progress, a few times a second at most, and of the last one before its end. */
  progressed(run: Run, progress: Progress): void;
}

/** Watches the directories of live runs, from their launch or adoption until they are let go. */
export function watchedRuns(options: WatchedRunsOptions) {
  const watches = new Map<string, Disposable>();
  return {
    add(run: Run): void {
      const name = runName(run.task, run.number);
      if (!watches.has(name)) watches.set(name, watchOne(run, options));
    },
    remove(run: Run): void {
      const name = runName(run.task, run.number);
      watches.get(name)?.[Symbol.dispose]();
      watches.delete(name);
    },
    [Symbol.dispose](): void {
      for (const watch of watches.values()) watch[Symbol.dispose]();
      watches.clear();
    },
  };
}

function watchOne(run: Run, { paths, changed, progressed }: WatchedRunsOptions): Disposable {
  const directory = paths.run(runName(run.task, run.number));
  let decisive = 'null null';
  return watchRun(directory, {
    ended: () => changed(run),
    progressed() {
      const progress = readProgress(directory);
      if (progress === null) return;
      progressed(run, progress);
      const now = `${JSON.stringify(progress.limit)} ${JSON.stringify(progress.end)}`;
      if (now !== decisive) changed(run);
      decisive = now;
    },
  });
}

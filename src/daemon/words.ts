import { finalWords, lastWords } from '../agent/last-words.ts';
import { readProgress } from '../agent/watch/progress.ts';
import type { Paths } from '../config/paths.ts';
import { type Run, runName } from '../task/glossary.ts';

/** What the agent of a run said last: as its CLI tells, else the last lines of its terminal. Null when it said nothing. */
export async function wordsOf(paths: Paths, run: Run): Promise<string | null> {
  const name = runName(run.task, run.number);
  const progress = readProgress(paths.run(name));
  return (progress && finalWords(progress)) ?? ((await lastWords(paths.runLog(name), 20)) || null);
}

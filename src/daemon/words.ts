import { finalWords, lastWords } from '../agent/last-words.ts';
import { readProgress } from '../agent/watch/progress.ts';
import type { Paths } from '../config/paths.ts';
import { redactShapes } from '../shared/secrets/secrets.ts';
import { type Run, runName } from '../task/glossary.ts';

/** What the agent of a run said last: as its CLI tells, else the last lines of its terminal. Null when it said nothing. */
export async function wordsOf(paths: Paths, run: Run): Promise<string | null> {
  const name = runName(run.task, run.number);
  const progress = readProgress(paths.run(name));
  return (progress && finalWords(progress)) ?? ((await lastWords(paths.runLog(name), 20)) || null);
}

/** As much of a terminal as a plan may take that its agent has only printed. */
const MOST_PRINTED = { lines: 300, bytes: 16_384 };

/** The last message of a run's agent as a whole: as its CLI tells it, else what stands in its terminal. Null: none. */
export async function messageOf(paths: Paths, run: Run): Promise<string | null> {
  const name = runName(run.task, run.number);
  const told = readProgress(paths.run(name))?.text;
  if (told) return redactShapes(told);
  return (await lastWords(paths.runLog(name), MOST_PRINTED.lines, MOST_PRINTED.bytes)) || null;
}

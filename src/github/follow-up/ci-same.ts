import { readableLines } from '../../shared/text.ts';
import type { Octokit } from '../client.ts';
import { type Failure, readAnnotations, readCi, readLogEnd } from './ci-state.ts';

/**
 * Whether each failure is one of that commit too, and complains of nothing else there. The annotations of a job of GitHub Actions
 * alone don't say: all of them are "Process completed with exit code 1".
 */
export async function isSameOn(
  octokit: Octokit,
  repository: string,
  base: string,
  failures: readonly Failure[],
  self: number | null,
): Promise<boolean> {
  const there = await readCi(octokit, repository, base, self);
  if (there.kind !== 'failed') return false;
  for (const failure of failures) {
    const same = there.failures.find(({ name }) => name === failure.name);
    if (same === undefined) return false;
    const [here, before] = await Promise.all([failure, same].map(one => readWords(octokit, repository, one)));
    if (here === null || before == null || !saysNothingNew(here as Words, before)) return false;
  }
  return true;
}

/** What a check that has failed says. */
export interface Words {
  annotations: readonly string[];
  /** Its summary, and the end of its log where that can be read. */
  text: string;
}

/** Null where it says too little to be compared: a job whose log can't be read. */
async function readWords(octokit: Octokit, repository: string, failure: Failure): Promise<Words | null> {
  const { run, isJob, summary } = failure;
  const annotations = await readAnnotations(octokit, repository, run);
  const log = isJob ? await readLogEnd(octokit, repository, run as number) : '';
  if (isJob && log === '') return null;
  return {
    annotations: annotations.map(({ path, message }) => `${path}: ${message}`),
    text: `${summary}\n${log}`,
  };
}

const COMPLAINT = /error|fail|not ok|exception|assert|panic|expected|✗|✖|×/i;

/** Nothing that complains stands here more often than before. Numbers don't count: times, lines and totals differ by themselves. */
export function saysNothingNew(here: Words, before: Words): boolean {
  const known = new Map<string, number>();
  for (const line of complaints(before)) known.set(line, (known.get(line) ?? 0) + 1);
  return complaints(here).every(line => {
    const left = known.get(line) ?? 0;
    known.set(line, left - 1);
    return left > 0;
  });
}

function complaints({ annotations, text }: Words): string[] {
  const lines = readableLines(text).filter(line => COMPLAINT.test(line));
  return [...annotations, ...lines].map(line => line.replace(/\b[0-9a-f]{7,64}\b|\d+/g, '#').trim());
}

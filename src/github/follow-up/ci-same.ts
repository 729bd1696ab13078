import { readableLines } from '../../shared/text.ts';
import type { CiState, Details, Failure } from './ci-state.ts';

/**
 * Whether each failure is one of another commit too, and complains of nothing else there. The annotations of a job of GitHub Actions
 * alone don't say: all of them are "Process completed with exit code 1".
 */
export async function isSameAs(
  there: CiState,
  failures: readonly Failure[],
  read: (failure: Failure) => Promise<Details>,
): Promise<boolean> {
  if (there.kind !== 'failed') return false;
  for (const failure of failures) {
    const same = there.failures.find(({ name }) => name === failure.name);
    if (same === undefined) return false;
    const [here, before] = [wordsOf(failure, await read(failure)), wordsOf(same, await read(same))];
    if (here === null || before === null || !saysNothingNew(here, before)) return false;
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
function wordsOf({ isJob, summary }: Failure, { annotations, log }: Details): Words | null {
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

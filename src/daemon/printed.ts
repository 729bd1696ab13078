import { stripInvisible } from '../shared/invisible.ts';
import type { GroupResult } from '../shared/program.ts';
import { readableLines } from '../shared/text.ts';

/** What a program has printed, as people read it. Secrets go before anything is cut: a part of one looks like none. */
export function printedBy({ stdout }: Pick<GroupResult, 'stdout'>, redact: (text: string) => string): string {
  return redact(stripInvisible(readableLines(stdout).join('\n'))).trim();
}

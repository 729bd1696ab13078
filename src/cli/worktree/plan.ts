import { text as textOf } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { Io } from './broker-client.ts';
import type { PlanToTell } from './talk.ts';

/** What `orch plan` is given: the text as words, or `-` for standard input. Throws for an option that there is not. */
export async function readPlan(args: readonly string[], io: Io): Promise<PlanToTell> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { file: { type: 'string', multiple: true, default: [] }, risk: { type: 'string' } },
  });
  const text = positionals.join(' ');
  return {
    text: text === '-' ? await textOf(io.input) : text,
    files: values.file,
    risk: values.risk ?? null,
  };
}

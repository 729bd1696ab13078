import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { shellQuote } from '../../src/shared/text.ts';

const STREAMS = resolve(import.meta.dirname, '../fixtures/agents/streams');

/**
 * Writes a small program of a CLI's name into a folder for PATH: it takes its prompt, prints what the real CLI printed in
 * that story, does the work in between, and ends with the code.
 */
export async function replayingCli(
  folder: string,
  cli: string,
  { story, work, code = 0 }: { story: string; work: string; code?: number },
): Promise<void> {
  const stream = shellQuote(join(STREAMS, cli, `${story}.jsonl`));
  const script = `#!/bin/sh
[ "$*" = --version ] && exit
cat >/dev/null
head -n 1 ${stream}
{ ${work}
} >&2
tail -n +2 ${stream}
exit ${code}
`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, cli), script);
  await chmod(join(folder, cli), 0o755);
}

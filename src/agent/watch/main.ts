/**
 * The narrator's process, in the run's pane and outside of its sandbox: `main.ts DIRECTORY` reads what a CLI prints from
 * standard input, and what it prints as errors from descriptor 6. It ends with the lines that the launch script prints
 * after the CLI, whoever else still holds the pipes. ^C and SIGTERM are for the CLI, whose last words are to be heard.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { runFiles } from '../run-files.ts';
import { type Narration, openNarrator } from './narrator.ts';

const [directory = ''] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// The pane may be gone; the rest goes on.
process.stdout.on('error', () => {});

const narration = JSON.parse(readFileSync(runFiles(directory).narration, 'utf8')) as Narration;
const narrator = openNarrator({
  ...narration,
  directory,
  end: `orch: end of ${process.env.ORCH_LAUNCH}`,
  show: text => void process.stdout.write(text),
  now: Date.now,
  later: (ms, callback) => void setTimeout(callback, ms).unref(),
});

async function listen(output: 'stdout' | 'stderr', stream: Readable): Promise<void> {
  for await (const chunk of stream) if (narrator.take(output, chunk)) return;
}

await Promise.all([
  listen('stdout', process.stdin),
  listen('stderr', new Socket({ fd: 6, writable: false })),
]);
narrator.finish();
process.exit(0);

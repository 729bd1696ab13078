import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { redactShapes } from '../shared/secrets/secrets.ts';
import { lastBytes, readableLines } from '../shared/text.ts';
import type { Progress } from './watch/progress.ts';

const TAIL_BYTES = 64 * 1024;
const LONGEST = 2048;

/**
 * The last `lines` readable lines of a terminal's log, at most 2 KB unless told: sequences stripped, and of a line that was
 * overwritten (progress bars) only what was shown last, of tokens nothing. Empty when nothing was logged.
 */
export async function lastWords(logFile: string, lines: number, most = LONGEST): Promise<string> {
  const readable = readableLines(await readTail(logFile)).filter(line => line !== '');
  // Before the cut: a part of a token no longer looks like one.
  return lastBytes(redactShapes(readable.slice(-lines).join('\n')), most);
}

/**
 * What an agent said last and why it ended, as its CLI tells it; at most 2 KB, without tokens. Null where it tells no end:
 * then its terminal may say what went wrong.
 */
export function finalWords({ text, end, limit }: Progress): string | null {
  if (end === null && limit === null) return null;
  const words = [text, end?.reason ?? limit?.reason].filter(each => each);
  // A CLI may say its reason as its text, too.
  return lastBytes(redactShapes([...new Set(words)].join('\n\n')), LONGEST) || null;
}

async function readTail(file: string): Promise<string> {
  try {
    // A pipe or a link that an agent of our own user puts here would hang us, or have us read elsewhere.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = await handle.stat();
    if (!stat.isFile()) return '';
    const { size } = stat;
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    // The first line of a part is cut somewhere, perhaps within a sequence.
    return start === 0 || !text.includes('\n') ? text : text.slice(text.indexOf('\n') + 1);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

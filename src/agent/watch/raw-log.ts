import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Line } from './lines.ts';

const FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Keeps lines as they came, up to `limitBytes` in all. Lines are whole; what had to be left out says so itself. A disk that
 * is full ends it, after one call of `failed`.
 */
export function openRawLog(
  file: string,
  limitBytes: number,
  failed: (why: string) => void,
): (line: Line) => void {
  let handle: number | null = tryOpen();
  let left = limitBytes;

  function tryOpen(): number | null {
    try {
      return openSync(file, FLAGS, 0o600);
    } catch (error) {
      failed((error as Error).message);
      return null;
    }
  }

  function close(): void {
    if (handle !== null) closeSync(handle);
    handle = null;
  }

  function write(bytes: Buffer): void {
    if (handle === null) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
    } catch (error) {
      close();
      failed((error as Error).message);
    }
  }

  return line => {
    if (handle === null) return;
    const bytes = Buffer.isBuffer(line) ? Buffer.concat([line, END]) : leftOut({ line_of_bytes: line.bytes });
    left -= bytes.length;
    if (left >= 0) return write(bytes);
    write(leftOut({ more_than_bytes: limitBytes }));
    close();
  };
}

const END = Buffer.from('\n');

function leftOut(what: Record<string, number>): Buffer {
  return Buffer.from(`${JSON.stringify({ orch: 'left out', ...what })}\n`);
}

import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { redactShapes } from './secrets/secrets.ts';

export type Log = pino.Logger;

export interface LogOptions {
  level: string;
  file?: string;
  stderr?: boolean;
  /** Takes secrets out of each line; what looks like one, unless something better is given. */
  redact?(line: string): string;
}

/** JSON lines to a file (0600) and, for a daemon in the foreground, to standard error. Level names are pino's. */
export function openLog({ level, file, stderr = false, redact = redactShapes }: LogOptions): Log {
  const streams: pino.StreamEntry[] = [];
  const add = (destination: { write(line: string): unknown }) =>
    streams.push({
      stream: { write: line => void destination.write(redact(line)) },
      level: level as pino.Level,
    });
  if (file) add({ write: line => appendLine(file, line) });
  if (stderr) add(standardError());
  if (streams.length === 0) return silentLog();
  return pino({ level, base: null, serializers: { err: describeForLog } }, pino.multistream(streams));
}

/** By name each time: a file that was moved or removed comes back. A full disk costs the lines, and nothing else. */
function appendLine(file: string, line: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, line, { mode: 0o600 });
  } catch {}
}

function standardError(): { write(line: string): unknown } {
  const destination = pino.destination({ dest: 2, sync: true });
  // It may lead to a file on a full disk, and an error that nobody listens to would end the process.
  destination.on('error', () => {});
  return destination;
}

/**
 * Of an error what tells what happened, and of its causes too. Libraries hang whole requests, their headers and all, on
 * the errors they throw: those fields stay out of the log.
 */
function describeForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, code, status, cause } = error as Error & { code?: unknown; status?: unknown };
  return { type: name, message, code, status, stack, ...(cause ? { cause: describeForLog(cause) } : {}) };
}

export function silentLog(): Log {
  return pino({ level: 'silent' });
}

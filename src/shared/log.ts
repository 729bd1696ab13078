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
  if (file) add(pino.destination({ dest: file, mkdir: true, mode: 0o600, sync: true }));
  if (stderr) add(pino.destination({ dest: 2, sync: true }));
  if (streams.length === 0) return silentLog();
  return pino({ level, base: null, serializers: { err: describeForLog } }, pino.multistream(streams));
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

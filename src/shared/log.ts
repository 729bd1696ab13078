import { pino } from 'pino';

export type Log = pino.Logger;

/** JSON lines to a file (0600) and, for a daemon in the foreground, to standard error. Level names are pino's. */
export function openLog(options: { level: string; file?: string; stderr?: boolean }): Log {
  const streams: pino.StreamEntry[] = [];
  if (options.file) {
    const destination = pino.destination({ dest: options.file, mkdir: true, mode: 0o600, sync: true });
    streams.push({ stream: destination, level: options.level as pino.Level });
  }
  if (options.stderr) {
    streams.push({ stream: pino.destination({ dest: 2, sync: true }), level: options.level as pino.Level });
  }
  if (streams.length === 0) return silentLog();
  return pino({ level: options.level, base: null }, pino.multistream(streams));
}

export function silentLog(): Log {
  return pino({ level: 'silent' });
}

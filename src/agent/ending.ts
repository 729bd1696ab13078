import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { runFiles, tryReadSmall } from './run-files.ts';

export interface Ending {
  /** The agent's exit code as a shell gives it (128 and more: a signal); null while there is none. */
  exit: number | null;
  setupFailed: { command: string; exitCode: number } | null;
}

/** How a run ended, as its launch script wrote it down. */
export function readEnding(directory: string): Ending {
  const files = runFiles(directory);
  return {
    exit: exitCode(tryReadSmall(files.exit)),
    setupFailed: parseSetup(tryReadSmall(files.setupFailed)),
  };
}

/**
 * Calls back once, as soon as the run's exit code is there, also when it is there already. A directory that is gone
 * is never called for. Dispose to stop watching.
 */
export function watchEnding(directory: string, callback: () => void): Disposable {
  const { exit } = runFiles(directory);
  let watcher: FSWatcher | null = null;
  const stop = () => {
    watcher?.close();
    watcher = null;
  };
  try {
    watcher = watch(directory, { persistent: false });
  } catch {
    return { [Symbol.dispose]: stop };
  }
  const tell = () => {
    if (watcher === null || !existsSync(exit)) return;
    stop();
    callback();
  };
  watcher.on('error', stop);
  watcher.on('change', (_event, name) => {
    if (name === null || name === basename(exit)) tell();
  });
  // It may have come before the watch did.
  queueMicrotask(tell);
  return { [Symbol.dispose]: stop };
}

function exitCode(text: string | null | undefined): number | null {
  return text && /^\d{1,3}\n?$/.test(text) ? Number.parseInt(text, 10) : null;
}

function parseSetup(text: string | null): Ending['setupFailed'] {
  if (text === null) return null;
  const [code, ...command] = text.trimEnd().split('\n');
  return { command: command.join('\n'), exitCode: exitCode(code) ?? 1 };
}

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

export interface RunListener {
  /** Called once, as soon as the run's exit code is there, also when it is there already. */
  ended(): void;
  /** What its CLI tells of itself has changed. */
  progressed(): void;
}

/** Watches a run's directory until the run has ended, or disposal. Nobody is called for a directory that is gone. */
export function watchRun(directory: string, listener: RunListener): Disposable {
  const { exit, progress } = runFiles(directory);
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
    // It was written before: how the run ended is not told without it.
    listener.progressed();
    listener.ended();
  };
  watcher.on('error', stop);
  watcher.on('change', (_event, name) => {
    if (name === null || name === basename(progress)) listener.progressed();
    if (name === null || name === basename(exit)) tell();
  });
  // They may have come before the watch did.
  queueMicrotask(() => {
    if (watcher !== null && existsSync(progress)) listener.progressed();
    tell();
  });
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

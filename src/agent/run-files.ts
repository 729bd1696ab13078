import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** What lies in a run's directory (0700) so that its agent can be started, watched and found again. */
export function runFiles(directory: string) {
  return {
    script: join(directory, 'launch.sh'),
    /** The random mark that every process of the run carries in its environment. */
    launchId: join(directory, 'launch-id'),
    /** The agent's exit code; it appears, whole, when the agent has ended. */
    exit: join(directory, 'exit'),
    /** The required setup command that failed: its exit code in the first line, then the command. */
    setupFailed: join(directory, 'setup-failed'),
    /** How the CLI's event stream is to be read (watch/narrator.ts); there is none where it has none. */
    narration: join(directory, 'narration.json'),
    /** A FIFO for what the CLI prints as errors, on its way to the narrator. */
    stderr: join(directory, 'stderr'),
    /** What the CLI tells of itself: its JSON lines as they came, and their sum (watch/progress.ts). */
    events: join(directory, 'events.jsonl'),
    progress: join(directory, 'progress.json'),
    /** What the run has taken of the host, as JSON, once nothing of it is alive. */
    usage: join(directory, 'usage.json'),
    /** What the window `monitor` shows; Orch appends to it. */
    monitorLog: join(directory, 'monitor.log'),
  };
}

const MOST_BYTES = 64 * 1024;

/** The text of a small regular file; null when there is none. */
export function tryReadSmall(file: string): string | null {
  let handle: number;
  try {
    // An agent that runs as our user could put a FIFO or a link here, to hang us or have us read elsewhere.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(handle).isFile()) return null;
    const buffer = Buffer.alloc(MOST_BYTES);
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, MOST_BYTES, 0));
  } finally {
    closeSync(handle);
  }
}

/**
 * Writes a file whole or not at all, renamed into place: who has the former one open reads on in it. Where it is prepared
 * an agent that runs as our user could have put a FIFO or a link.
 */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  const prepared = `${file}.new`;
  rmSync(prepared, { recursive: true, force: true });
  writeFileSync(prepared, text, { mode, flag: 'wx' });
  renameSync(prepared, file);
}

/** Adds to a regular file, made if need be (0600); false when something else lies there, which is left alone. */
export function tryAppend(file: string, text: string): boolean {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  let handle: number;
  try {
    handle = openSync(file, flags, 0o600);
  } catch {
    return false;
  }
  try {
    if (!fstatSync(handle).isFile()) return false;
    writeSync(handle, text);
    return true;
  } finally {
    closeSync(handle);
  }
}

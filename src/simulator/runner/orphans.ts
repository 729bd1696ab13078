import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The variable by which the runner knows what a job has started: who gives it another value outlives the job. */
export const TRACKING = 'RUNNER_TRACKING_ID';

/** Ends every process that was started with this tracking id, and what these start meanwhile. */
export function endOrphans(trackingId: string): void {
  const ended = new Set<number>();
  for (;;) {
    const found = trackedBy(`${TRACKING}=${trackingId}`).filter(pid => !ended.has(pid));
    if (found.length === 0) return;
    for (const pid of found) tryKill(pid);
    for (const pid of found) ended.add(pid);
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function trackedBy(variable: string): number[] {
  const pids = process.platform === 'linux' ? fromProc(variable) : fromPs(variable);
  return pids.filter(pid => pid !== process.pid);
}

function fromProc(variable: string): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.filter(pid => environment(pid).includes(variable)).map(Number);
}

function environment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // It has ended meanwhile, or belongs to somebody else.
  }
}

/** Where there is no /proc, as on macOS: `-E` adds the environment to the command. */
function fromPs(variable: string): number[] {
  const output = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], { encoding: 'utf8' });
  const carriers = output.split('\n').filter(line => ` ${line} `.includes(` ${variable} `));
  return carriers.map(line => Number.parseInt(line, 10));
}

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeDirectory } from './temporary.ts';

/**
 * Vitest's global setup. The run gets a temporary folder of its own, which its processes inherit as TMPDIR; whatever is
 * left in it, and whatever process still works in it, was leaked by a test of this run and fails it.
 * The folder is /tmp on purpose: unix sockets in macOS' long default would exceed the system's limit for paths.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await realpath(await mkdtemp('/tmp/orch-'));
  process.env.TMPDIR = directory;
  return async () => {
    const processes = await lingeringProcesses(directory);
    for (const { pid } of processes) tryKill(pid);
    const files = await leftovers(directory);
    await removeDirectory(directory);
    const leaks = [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...files];
    if (leaks.length > 0) throw new Error(`Tests left behind:\n  ${leaks.join('\n  ')}`);
  };
}

/** Entries of the folder that a test made and did not remove; what Node and vitest cache there is theirs. */
export async function leftovers(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter(name => name.startsWith('orch-')).map(name => join(directory, name));
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Processes still there after all patience (ms) that name the folder in their arguments or work in it. */
export async function lingeringProcesses(directory: string, patience = 15_000): Promise<Process[]> {
  const deadline = Date.now() + patience;
  let found = processesIn(directory);
  while (found.length > 0 && Date.now() < deadline) {
    await delay(50);
    found = processesIn(directory);
  }
  return found;
}

// Only Linux shows this in files; elsewhere the check of leftover folders has to do.
function processesIn(directory: string): Process[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.flatMap(pid => describeProcess(Number(pid), directory) ?? []);
}

function describeProcess(pid: number, directory: string): Process | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const works = command.includes(directory) || readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
    return works && pid !== process.pid ? { pid, command } : undefined;
  } catch {
    return undefined; // It ended meanwhile, or belongs to somebody else.
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

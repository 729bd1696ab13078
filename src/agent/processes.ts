import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  parent: number;
  /** The session id on Linux, the process group on macOS: either way what the terminal started. */
  group: number;
  /** Distinguishes it from a later process with the same pid. */
  start: string;
  /** Processor time of it and of its children that have ended (ms); null where the system tells of none. */
  cpuMs: number | null;
}

/** The start time of a live process, as the kernel counts it; null when there is none (a zombie is none). */
export function processStart(pid: number): string | null {
  if (process.platform === 'linux') return readStat(pid)?.start ?? null;
  return parsePs(ps('-p', String(pid))).find(found => found.pid === pid)?.start ?? null;
}

/** All live processes of this machine, zombies left out. */
export function listProcesses(): Process[] {
  if (process.platform !== 'linux') return parsePs(ps('-ax'));
  return readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));
}

/** Processor time that the processes of each group have taken (ms); nothing is known where the system tells of none. */
export function cpuByGroup(): Map<number, number> {
  const taken = new Map<number, number>();
  for (const { group, cpuMs } of listProcesses())
    if (cpuMs !== null) taken.set(group, (taken.get(group) ?? 0) + cpuMs);
  return taken;
}

/** The pids of processes that were started with this `NAME=value` in their environment. */
export function processesWith(variable: string): Set<number> {
  if (process.platform !== 'linux') return pidsInPs(ps('-axEww', '-o', 'pid=,command='), variable);
  const carries = (pid: string) => tryRead(`/proc/${pid}/environ`)?.split('\0').includes(variable);
  return new Set(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && carries(name))
      .map(Number),
  );
}

/** The process group in the foreground of a process' terminal; the process' own group when that can't be told. */
export function foregroundGroup(pid: number): number {
  const group =
    process.platform === 'linux'
      ? Number(statFields(pid)?.[5])
      : Number(ps('-o', 'tpgid=', '-p', String(pid)));
  return group > 0 ? group : pid;
}

// proc(5): the second field is the command in parentheses and may hold spaces and parentheses itself.
function statFields(pid: number): string[] | null {
  const stat = tryRead(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readStat(pid: number): Process | null {
  const fields = statFields(pid);
  if (fields === null || fields[0] === 'Z' || fields[0] === 'X') return null;
  // In ticks, of which Linux shows a hundred a second: user, system, and both of the children.
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[3]),
    start: fields[19] ?? '',
    cpuMs: ticks * 10,
  };
}

function tryRead(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

function ps(...args: string[]): string {
  const format = args.includes('-o') ? [] : ['-o', 'pid=,ppid=,pgid=,stat=,lstart='];
  try {
    return execFileSync('ps', [...args, ...format], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

/** Reads `ps -o pid=,ppid=,pgid=,stat=,lstart=`. */
export function parsePs(output: string): Process[] {
  return output.split('\n').flatMap(line => {
    const [, pid, parent, group, state, start] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (start === undefined || state?.startsWith('Z')) return [];
    return { pid: Number(pid), parent: Number(parent), group: Number(group), start, cpuMs: null };
  });
}

/** Reads `ps -E -o pid=,command=`, where the environment follows the command. */
export function pidsInPs(output: string, variable: string): Set<number> {
  const carriers = output.split('\n').filter(line => ` ${line} `.includes(` ${variable} `));
  return new Set(carriers.map(line => Number.parseInt(line, 10)));
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '../../shared/text.ts';

/** Groups are folders of the kernel: their files are settings and counters. */
export function tryRead(folder: string, file: string): string | null {
  try {
    return readFileSync(join(folder, file), 'utf8').trim();
  } catch {
    return null;
  }
}

/** The number after a name in a file of lines such as `oom_kill 3`. */
export function counter(folder: string, file: string, name: string): number | null {
  const line = tryRead(folder, file)
    ?.split('\n')
    .find(each => each.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

export function write(folder: string, settings: Record<string, string | null>): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, value] of Object.entries(settings)) {
    if (value !== null) writeFileSync(join(folder, file), value);
  }
}

export function pidsIn(folder: string): number[] {
  return (tryRead(folder, 'cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number);
}

/** The folder goes when it is empty of processes; one that the kernel still holds is left to the next sweep. */
export function removeGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {}
}

export function groupsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

/** Moves the shell that runs it, and with it what it starts. */
export function enterBy(folders: readonly string[]): string {
  return folders.map(folder => `echo $$ >${shellQuote(join(folder, 'cgroup.procs'))}`).join(' && ');
}

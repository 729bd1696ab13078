import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroup1 } from './cgroup1.ts';
import { cgroup2, CONTROLLERS as VERSION_2 } from './cgroup2.ts';
import { pidsIn, tryRead } from './files.ts';
import type { Groups } from './limits.ts';
import { rlimits } from './rlimit.ts';

export interface Host {
  /** `/sys/fs/cgroup`. */
  root: string;
  /** `/proc/self/cgroup`, as text; empty where there is none. */
  self: string;
  /** Orch's home: two of them on one host must not share groups. */
  home: string;
}

const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'pids'] as const;

/** How this host can hold a run together: by control groups of version 2, else 1, where this process may make them; else by limits of single processes. */
export function openGroups(host: Host): Groups {
  return tryVersion2(host) ?? tryVersion1(host) ?? rlimits();
}

/** Where Orch itself goes, since a group that hands on controllers may hold no process. */
const OWN = 'orch-daemon';

function tryVersion2({ root, self, home }: Host): Groups | null {
  const path = pathOf(self, '');
  const top = existsSync(join(root, 'cgroup.controllers')) ? root : join(root, 'unified');
  if (path === null || !existsSync(join(top, 'cgroup.controllers'))) return null;
  const mine = join(top, path);
  const holder = basename(mine) === OWN ? join(mine, '..') : mine;
  try {
    const offered = tryRead(holder, 'cgroup.controllers')?.split(' ') ?? [];
    if (!VERSION_2.every(name => offered.includes(name))) return null;
    if (holder === mine && holder !== top) {
      mkdirSync(join(holder, OWN), { recursive: true });
      for (const pid of pidsIn(holder)) writeFileSync(join(holder, OWN, 'cgroup.procs'), String(pid));
    }
    writeFileSync(join(holder, 'cgroup.subtree_control'), VERSION_2.map(name => `+${name}`).join(' '));
    return cgroup2(join(holder, nameFor(home)));
  } catch {
    // Not ours to change: a user's session without delegation, a container's read-only view.
    return null;
  }
}

function tryVersion1({ root, self, home }: Host): Groups | null {
  try {
    const parents = CONTROLLERS.map(name => {
      const path = pathOf(self, name);
      if (path === null) throw new Error(`${name} is not there`);
      accessSync(join(root, name, path), constants.W_OK);
      return [name, join(root, name, path, nameFor(home))] as const;
    });
    return cgroup1(Object.fromEntries(parents) as Record<(typeof CONTROLLERS)[number], string>);
  } catch {
    return null;
  }
}

/** The group of this process in the tree of a controller; `''` names version 2. */
function pathOf(self: string, controller: string): string | null {
  for (const line of self.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers?.split(',').includes(controller)) return path ?? null;
  }
  return null;
}

function nameFor(home: string): string {
  return `orch-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
}

import { join } from 'node:path';
import { counter, enterBy, groupsIn, pidsIn, removeGroup, tryRead, write } from './files.ts';
import type { Group, Groups } from './limits.ts';

export const CONTROLLERS = ['memory', 'cpu', 'pids'];
const PERIOD_US = 100_000;

/**
 * Control groups of version 2. `parent` is a folder that this process may make in one that hands on the
 * controllers.
 * Source of the files: https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export function cgroup2(parent: string): Groups {
  function group(run: string): Group {
    const at = join(parent, run);
    return {
      enter: enterBy([at]),
      usage() {
        const peak = tryRead(at, 'memory.peak');
        const microseconds = counter(at, 'cpu.stat', 'usage_usec');
        return {
          memoryMb: peak === null ? null : Math.ceil(Number(peak) / 1024 / 1024),
          cpuSeconds: microseconds === null ? null : microseconds / 1e6,
        };
      },
      ranOutOfMemory: () => (counter(at, 'memory.events', 'oom_kill') ?? 0) > 0,
      pids: () => pidsIn(at),
      remove: () => [at, parent].forEach(removeGroup),
    };
  }

  return {
    kind: 'cgroup2',
    make(run, { memoryMb, cpuPercent, processes }) {
      write(parent, { 'cgroup.subtree_control': CONTROLLERS.map(name => `+${name}`).join(' ') });
      write(join(parent, run), {
        'memory.max': memoryMb === null ? 'max' : String(memoryMb * 1024 * 1024),
        // With swap to go to, an agent above its limit would slow the host down instead of being ended.
        'memory.swap.max': memoryMb === null ? null : '0',
        'cpu.max': `${cpuPercent === null ? 'max' : (cpuPercent * PERIOD_US) / 100} ${PERIOD_US}`,
        'pids.max': processes === null ? 'max' : String(processes),
      });
      return group(run);
    },
    find: group,
    runs: () => groupsIn(parent),
  };
}

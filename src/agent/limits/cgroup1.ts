import { join } from 'node:path';
import { counter, enterBy, groupsIn, pidsIn, removeGroup, tryRead, write } from './files.ts';
import type { Group, Groups } from './limits.ts';

const CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'pids'] as const;
type Controller = (typeof CONTROLLERS)[number];
const PERIOD_US = 100_000;

/**
 * Control groups of version 1: a tree for each controller. `parents` are folders that this process may make, and others in them.
 * Source of the files: https://docs.kernel.org/admin-guide/cgroup-v1/
 */
export function cgroup1(parents: Record<Controller, string>): Groups {
  const places = (run: string) =>
    Object.fromEntries(CONTROLLERS.map(name => [name, join(parents[name], run)])) as Record<
      Controller,
      string
    >;

  function group(run: string): Group {
    const at = places(run);
    return {
      enter: enterBy(Object.values(at)),
      usage() {
        const peak = tryRead(at.memory, 'memory.max_usage_in_bytes');
        const nanoseconds = tryRead(at.cpuacct, 'cpuacct.usage');
        return {
          memoryMb: peak === null ? null : Math.ceil(Number(peak) / 1024 / 1024),
          cpuSeconds: nanoseconds === null ? null : Number(nanoseconds) / 1e9,
        };
      },
      ranOutOfMemory: () => (counter(at.memory, 'memory.oom_control', 'oom_kill') ?? 0) > 0,
      pids: () => pidsIn(at.pids),
      remove: () => [...Object.values(at), ...Object.values(parents)].forEach(removeGroup),
    };
  }

  return {
    kind: 'cgroup1',
    make(run, { memoryMb, cpuPercent, processes }) {
      const at = places(run);
      const bytes = memoryMb === null ? null : String(memoryMb * 1024 * 1024);
      write(at.memory, { 'memory.limit_in_bytes': bytes });
      write(at.cpu, {
        'cpu.cfs_period_us': String(PERIOD_US),
        'cpu.cfs_quota_us': cpuPercent === null ? '-1' : String((cpuPercent * PERIOD_US) / 100),
      });
      write(at.cpuacct, {});
      write(at.pids, { 'pids.max': processes === null ? 'max' : String(processes) });
      return group(run);
    },
    find: group,
    runs: () => groupsIn(parents.pids),
  };
}

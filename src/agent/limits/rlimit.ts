import type { Group, Groups } from './limits.ts';

/**
 * Where a host has no control groups for us: RLIMIT_DATA bounds what each process may write to (getrlimit(2)), not the run
 * as a whole, and a process that hits it is not told apart from one that crashed. RLIMIT_AS would end Node programs at once,
 * which reserve more addresses than they use. Nothing is counted, and processor time can't be bounded.
 */
export function rlimits(): Groups {
  const group = (enter: string): Group => ({
    enter,
    usage: () => ({ memoryMb: null, cpuSeconds: null }),
    ranOutOfMemory: () => false,
    pids: () => [],
    remove: () => {},
  });
  return {
    kind: 'rlimit',
    make: (_, { memoryMb }) => group(memoryMb === null ? ':' : `ulimit -d ${memoryMb * 1024}`),
    find: () => group(':'),
    runs: () => [],
  };
}

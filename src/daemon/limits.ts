import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { openGroups } from '../agent/limits/choose.ts';
import type { Group, Groups, RunLimits, Usage } from '../agent/limits/limits.ts';
import { runFiles, tryReadSmall, writeWhole } from '../agent/run-files.ts';
import type { Profile, Settings } from '../config/settings.ts';
import { OrchError } from '../shared/errors.ts';

/** How this host holds runs to their limits. */
export function groupsOfHost(home: string): Groups {
  return openGroups({ root: '/sys/fs/cgroup', self: trySelf(), home });
}

function trySelf(): string {
  try {
    return readFileSync('/proc/self/cgroup', 'utf8');
  } catch {
    return '';
  }
}

/** What a run of this profile may take. */
export function limitsOf({ limits }: Settings, profile: Pick<Profile, 'memoryMb' | 'cpuPercent'>): RunLimits {
  return {
    memoryMb: profile.memoryMb ?? limits.memoryMb,
    cpuPercent: profile.cpuPercent ?? limits.cpuPercent,
    processes: limits.processes,
  };
}

/** The group of a run. A limit that is set and can't be kept is never left out: E_LIMITS_UNAVAILABLE. */
export function makeGroup(groups: Groups, run: string, limits: RunLimits): Group {
  const unmet = unmetLimit(groups.kind, limits);
  if (unmet !== null) throw new OrchError('E_LIMITS_UNAVAILABLE', unmet);
  try {
    return groups.make(run, limits);
  } catch (cause) {
    const why = `The group of ${run} can't be made: ${(cause as Error).message}`;
    throw new OrchError('E_LIMITS_UNAVAILABLE', why, { cause });
  }
}

/** The limit that a kind of host can't keep, in a sentence; null when it keeps all. */
export function unmetLimit(kind: Groups['kind'], { cpuPercent }: RunLimits): string | null {
  if (kind !== 'rlimit' || cpuPercent === null) return null;
  return 'Without control groups this host can not keep `cpu_percent`';
}

const usage = z.object({ memoryMb: z.number().nullable(), cpuSeconds: z.number().nullable() });

/** Writes down what a run has taken, once: its group goes afterwards, also where that can't be written. */
export function settleGroup(group: Group, directory: string): void {
  const { usage: file } = runFiles(directory);
  const taken = group.usage();
  try {
    if (taken.memoryMb !== null && tryReadSmall(file) === null) writeWhole(file, JSON.stringify(taken));
  } catch {
    // A full disk, or something that its agent has put there: then nobody knows.
  }
  group.remove();
}

/** What a run has taken, as far as it is known: who cannot read it must not stop for that. */
export function readUsage(directory: string): Usage {
  try {
    return usage.parse(JSON.parse(tryReadSmall(runFiles(directory).usage) ?? ''));
  } catch {
    return { memoryMb: null, cpuSeconds: null };
  }
}

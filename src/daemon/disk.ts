import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';

export interface DiskOptions {
  /** What Orch writes to; each may lie on a disk of its own. One that is not made yet is passed over. */
  folders: readonly string[];
  /** Nothing is started with less. */
  leastMb: number;
}

/** On a disk with less than this, a failure is the disk's. */
const FULL_MB = 1;

/** A failure for want of room is no fault of the agent or its workspace: the task waits. Errors: E_DISK_FULL. */
export function onDisk(
  { workspace, agent }: Pick<Stages, 'workspace' | 'agent'>,
  options: DiskOptions,
): Pick<Stages, 'workspace' | 'agent'> {
  async function blame<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!tellsOfFullDisk(error) && (await freeMb(options.folders)) >= FULL_MB) throw error;
      throw new OrchError('E_DISK_FULL', 'The disk is full', { cause: error });
    }
  }

  return {
    workspace: {
      async prepare(task, run) {
        const lack = await lackOfRoom(options);
        if (lack !== null) throw new OrchError('E_DISK_FULL', lack);
        return await blame(() => workspace.prepare(task, run));
      },
      rescue: (task, run) => blame(() => workspace.rescue(task, run)),
      remove: (task, run) => blame(() => workspace.remove(task, run)),
    },
    agent: { ...agent, launch: (task, run) => blame(() => agent.launch(task, run)) },
  };
}

/** Why no agent is started; null when there is room. */
export async function lackOfRoom({ folders, leastMb }: DiskOptions): Promise<string | null> {
  const free = await freeMb(folders);
  return free >= leastMb
    ? null
    : `Only ${Math.floor(free)} MB of disk are free, of ${leastMb} that are asked for`;
}

/** Of the fullest disk. */
async function freeMb(folders: readonly string[]): Promise<number> {
  const each = folders.filter(existsSync).map(async folder => {
    const { bavail, bsize } = await statfs(folder);
    return (bavail * bsize) / 2 ** 20;
  });
  return Math.min(...(await Promise.all(each)));
}

/** As Node says it, or git. */
function tellsOfFullDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/.test(error.message) ||
    tellsOfFullDisk(error.cause)
  );
}

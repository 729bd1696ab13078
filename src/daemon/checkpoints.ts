import type { Readable } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { receivePack } from '../workspace/landing.ts';
import { checkpointRef } from '../workspace/refs.ts';
import type { Repositories } from './git.ts';

interface Sent {
  /** The snapshot: a commit of the whole tree, on what was checked out. */
  new: string;
  pack: Readable;
  /** Files that are not in it, each with the reason. */
  leftOut: string[];
  /** What it was made for, for people. */
  why: string;
}

export type TakeCheckpoint = (run: Run, sent: Sent) => Promise<{ number: number; created: boolean }>;

/** Of a pack as it is sent; unpacked no object may be larger than what a push may bring. */
const MOST_PACK_BYTES = 256 * 1024 * 1024;

/**
 * Takes snapshots of worktrees into Orch's own copy of the repository, each under a hidden ref that goes to nobody. One
 * that is as the last one makes no other. Errors: E_PUSH_REFUSED when git finds it broken, dangerous or too large.
 */
export function checkpointTaker({
  store,
  clock,
  repositories,
}: {
  store: Store;
  clock: Clock;
  repositories: Repositories;
}): TakeCheckpoint {
  return async (run, { new: sha, pack, leftOut, why }) => {
    const last = store.checkpoints.last(run.task);
    if (last?.sha === sha) return { number: last.number, created: false };
    const task = store.tasks.get(run.task) as Task;
    // Its ref comes before its row: what a crash leaves between them is written over.
    const ref = checkpointRef(task.id, (last?.number ?? 0) + 1);
    const landing = { run: runName(run.task, run.number), pack, sha, ref, maxBytes: MOST_PACK_BYTES };
    await receivePack(await repositories.store(task), landing);
    const { session } = store.runs.get(run.task, run.number) as Run;
    const at = clock.now();
    const number = store.transaction(() => {
      const made = store.checkpoints.add({ task: task.id, run: run.number, sha, session, why, leftOut, at });
      store.journal.append(at, task.id, 'checkpoint:made', { checkpoint: made, why });
      return made;
    });
    return { number, created: true };
  };
}

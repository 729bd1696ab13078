import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { NOBODY } from '../cli/worktree/snapshot.ts';
import type { PullWords } from '../forge/pulls.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { parentOf, snapshotOf } from '../workspace/checkpoint.ts';
import { receivePack } from '../workspace/landing.ts';
import { checkpointRef, dropCheckpoints, runStart, setRef } from '../workspace/refs.ts';
import type { Store as GitStore } from '../workspace/store.ts';
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

export interface Checkpoints {
  /**
   * Takes a snapshot of a worktree. One that is as the last one makes no other. Errors: E_PUSH_REFUSED when git finds it
   * broken, dangerous or too large.
   */
  take(run: Run, sent: Sent): Promise<{ number: number; created: boolean }>;
  /** Keeps a tip of the task's branch that nothing will lead to any more. */
  keepTip(run: Run, tip: string, why: string): Promise<void>;
  /** Keeps how the pull request stands now; the rest is as in the last one. */
  keepWords(run: Run, why: string): Promise<void>;
  /** Forgets the oldest; the newest stays, and one that the task is to go back to. */
  prune(task: Task, keep: number): Promise<void>;
}

/** Why a checkpoint is made that nothing has called for. */
export const BY_TIME = 'by time';
/** A person has called for it. */
export const BY_HAND = 'by hand';

/** Of a pack as it is sent; unpacked no object may be larger than what a push may bring. */
const MOST_PACK_BYTES = 256 * 1024 * 1024;

/** Snapshots of worktrees in Orch's own copies of repositories, each under a hidden ref that goes to nobody; so many of a task. */
export function openCheckpoints(options: {
  store: Store;
  clock: Clock;
  repositories: Repositories;
  /** How the task's pull request stands. */
  words(task: Task): Promise<PullWords | null>;
  keep: number;
  log: Log;
}): Checkpoints {
  const { store, clock, log, repositories } = options;

  /** A checkpoint is made without them while GitHub is away. */
  async function wordsOrNone(task: Task): Promise<PullWords | null> {
    return await options.words(task).catch(error => {
      const why = describeError(error);
      log.info({ task: taskName(task.id), why }, 'a checkpoint without the text of the pull request');
      return null;
    });
  }

  async function add(
    run: Run,
    { new: sha, why, leftOut }: Omit<Sent, 'pack'>,
    land: (git: GitStore, ref: string) => Promise<void>,
  ) {
    const task = store.tasks.get(run.task) as Task;
    // Its ref comes before its row: what a crash leaves between them is written over.
    const ref = checkpointRef(task.id, (store.checkpoints.last(task.id)?.number ?? 0) + 1);
    await land(await repositories.store(task), ref);
    const pull = await wordsOrNone(task);
    const { session } = store.runs.get(run.task, run.number) as Run;
    const at = clock.now();
    const number = store.transaction(() => {
      const kept = { task: task.id, run: run.number, sha, session, why, leftOut, pull, at };
      const made = store.checkpoints.add(kept);
      store.journal.append(at, task.id, 'checkpoint:made', { checkpoint: made, why });
      return made;
    });
    await prune(task, options.keep);
    return { number, created: true };
  }

  async function prune(task: Task, keep: number): Promise<void> {
    // Rows first: what a crash leaves of the refs goes the next time.
    if (store.checkpoints.prune(task.id, keep) === 0) return;
    const kept = store.checkpoints.ofTask(task.id).map(({ number }) => number);
    await dropCheckpoints(await repositories.store(task), task.id, kept);
  }

  /** In a worktree that is as it was made nothing has been done yet. */
  async function isUntouched(run: Run, sha: string): Promise<boolean> {
    const git = await repositories.store(store.tasks.get(run.task) as Task);
    const start = await runStart(git, run.workspace);
    return start !== null && (await snapshotOf(git, start, NOBODY)) === sha;
  }

  return {
    async take(run, { pack, ...sent }) {
      const last = store.checkpoints.last(run.task);
      if (last?.sha === sent.new) return { number: last.number, created: false };
      if (sent.why === BY_TIME && last === null && (await isUntouched(run, sent.new)))
        return { number: 0, created: false };
      return await add(run, sent, (git, ref) =>
        receivePack(git, {
          run: runName(run.task, run.number),
          pack,
          sha: sent.new,
          ref,
          maxBytes: MOST_PACK_BYTES,
        }),
      );
    },

    async keepTip(run, tip, why) {
      const git = await repositories.store(store.tasks.get(run.task) as Task);
      const last = store.checkpoints.last(run.task);
      if (last !== null && (await parentOf(git, last.sha)) === tip) return;
      const sha = await snapshotOf(git, tip, NOBODY);
      await add(run, { new: sha, why, leftOut: [] }, (there, ref) => setRef(there, ref, sha));
    },

    async keepWords(run, why) {
      const last = store.checkpoints.last(run.task) as Checkpoint;
      const now = await wordsOrNone(store.tasks.get(run.task) as Task);
      if (now === null || isDeepStrictEqual(now, last.pull)) return;
      const { sha, leftOut } = last;
      await add(run, { new: sha, why, leftOut }, (there, ref) => setRef(there, ref, sha));
    },

    prune,
  };
}

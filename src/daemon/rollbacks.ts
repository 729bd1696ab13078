import { isDeepStrictEqual } from 'node:util';
import type { Paths } from '../config/paths.ts';
import type { Forge } from '../forge/forge.ts';
import type { PullWords } from '../forge/pulls.ts';
import type { Stages } from '../scheduler/stages.ts';
import { type Clock, isoTime } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import { parentOf, restoreSnapshot } from '../workspace/checkpoint.ts';
import { checkpointRef, setRef } from '../workspace/refs.ts';
import { asAgentOf } from './as-agent.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Confine } from './confine.ts';
import type { Repositories } from './git.ts';
import type { Snapshot } from './snapshots.ts';

export interface RollbackOptions {
  store: Store;
  clock: Clock;
  log: Log;
  paths: Paths;
  confine: Confine;
  repositories: Repositories;
  broker: Stages['broker'];
  snapshot: Snapshot;
  forge: Pick<Forge, 'confirm' | 'pulls'>;
  checkpoints: Pick<Checkpoints, 'keepTip' | 'keepWords'>;
  /** Brings the task's branch on GitHub back to a commit. Gives where it is then, and why it is not there if so. */
  bringBack(task: Task, sha: string): Promise<{ head: string | null; kept: string | null }>;
}

/** Does what was asked for, once the agent is gone: again until it is done, also after a crash. */
export function startRollbacks(options: RollbackOptions) {
  const { store, clock, log } = options;
  const rounds = keyedRounds({
    clock,
    work: (id: number) => rollBackNow(options, id),
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: describeError(error) }, 'rollback failed, will be tried again'),
  });
  const news = store.journal.onAppend(soon);
  for (const id of store.tasks.rollingBack()) rounds.wake(id);

  /** What failed is tried again by itself, and is not to be hurried. */
  function soon(id: number): void {
    if (!rounds.isFailing(id)) rounds.wake(id);
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

async function rollBackNow(options: RollbackOptions, id: number): Promise<null> {
  const { store } = options;
  const task = store.tasks.get(id);
  if (!task || task.rollback === null || store.runs.liveOf(id) !== null) return null;
  const to = store.checkpoints.ofTask(id).find(({ number }) => number === task.rollback) as Checkpoint;
  const git = await options.repositories.store(task);
  const parent = await parentOf(git, to.sha);
  const resume = (await restore(options, task, to, parent)) ? task.resume : null;
  const run = store.runs.ofTask(id).at(-1) as Run;
  if (task.head !== null && task.head !== parent)
    await options.checkpoints.keepTip(run, task.head, beforeIt(to));
  await options.checkpoints.keepWords(run, beforeIt(to));
  const { head, kept } = await options.bringBack(task, parent);
  const keptWords = await bringWordsBack(options, task, to.pull);
  // How the task stands now is the newest again.
  await setRef(git, checkpointRef(id, (store.checkpoints.last(id) as Checkpoint).number + 1), to.sha);
  record(options, task, to, { head, resume, kept, keptWords });
  return null;
}

/** Gives why the pull request stays as it is, if so. From a checkpoint that knows nothing of it nothing comes back. */
async function bringWordsBack(
  { forge }: RollbackOptions,
  task: Task,
  words: PullWords | null,
): Promise<string | null> {
  if (words === null) return null;
  try {
    const now = await forge.pulls.words(task);
    if (now === null || isDeepStrictEqual(now, words)) return null;
    await forge.confirm(task);
    await forge.pulls.reword(task, words);
    return null;
  } catch (error) {
    if (!(error instanceof OrchError && ['E_ACCESS_LOST', 'E_GITHUB'].includes(error.code))) throw error;
    return `title, text and labels of the pull request stay as they are: ${error.message}`;
  }
}

/** Whether the worktree of the run to go on with is as at the checkpoint; else the next run gets a fresh one. */
async function restore(
  options: RollbackOptions,
  task: Task,
  to: Checkpoint,
  parent: string,
): Promise<boolean> {
  const run = task.resume === null ? null : options.store.runs.get(task.id, task.resume);
  if (!run) return false;
  try {
    await keepAsItIs(options, task, run, to);
    const from = (options.store.checkpoints.last(task.id) as Checkpoint).sha;
    const asAgent = await asAgentOf(options, task, run, 60_000);
    await restoreSnapshot(asAgent, { from, to: to.sha, parent, branch: task.branch as string });
    return true;
  } catch (error) {
    if (!(error instanceof OrchError && ['E_CHECKPOINT', 'E_PROGRAM_FAILED'].includes(error.code)))
      throw error;
    options.log.warn(
      { task: taskName(task.id), why: describeError(error) },
      'a fresh workspace will be made',
    );
    return false;
  }
}

/** Somebody may have worked there after the run had ended. What can't be kept is not overwritten either. */
async function keepAsItIs(
  { broker, snapshot }: RollbackOptions,
  task: Task,
  run: Run,
  to: Checkpoint,
): Promise<void> {
  await broker.open(task, run);
  try {
    await snapshot(task, run, beforeIt(to));
  } finally {
    await broker.close(run);
  }
}

function beforeIt({ number }: Checkpoint): string {
  return `before the rollback to ${number}`;
}

function record(
  { store, clock }: RollbackOptions,
  task: Task,
  { number, sha, session, why, leftOut, pull, at }: Checkpoint,
  done: { head: string | null; resume: number | null; kept: string | null; keptWords: string | null },
): void {
  const { head, resume, kept, keptWords } = done;
  const now = clock.now();
  const by = askedBy(store, task.id);
  const reason = [`rolled back to checkpoint ${number} by ${by}`, kept, keptWords]
    .filter(part => part !== null)
    .join('; ');
  store.transaction(() => {
    // Cancelled, retried or asked anew meanwhile: it is looked at again.
    const patch = { rollback: null, head, resume, reason, updatedAt: now };
    const current = store.tasks.get(task.id) as Task;
    if (current.rollback !== number || !store.tasks.update(task.id, task.epoch, patch)) return;
    const last = store.checkpoints.last(task.id) as Checkpoint;
    const stands = { sha, pull: keptWords === null ? (pull ?? last.pull) : last.pull };
    if (!isDeepStrictEqual({ sha: last.sha, pull: last.pull }, stands)) {
      const run = (store.runs.ofTask(task.id).at(-1) as Run).number;
      const why = `rolled back to ${number}`;
      store.checkpoints.add({ task: task.id, run, session, leftOut, at: now, why, ...stands });
    }
    if (task.state !== 'completed') {
      const text = `${by} has rolled your work back to checkpoint ${number} (${why}, ${isoTime(at)}): branch and files are as they were then, and what you did later is gone.${kept === null ? '' : ` But ${kept}; when you push, use \`git push --force\`.`}`;
      const input = store.inputs.add({
        task: task.id,
        text,
        author: 'Orch',
        source: `rollback:${taskName(task.id)}:${now}`,
        createdAt: now,
      });
      if (input !== null) store.journal.append(now, task.id, 'input:queued', { input });
    }
    store.journal.append(now, task.id, 'task:rollback', { checkpoint: number, by, done: true });
  });
}

function askedBy(store: Store, id: number): string {
  const asked = store.journal.ofTask(id).findLast(event => event.type === 'task:rollback');
  return asked?.type === 'task:rollback' ? asked.data.by : 'somebody';
}

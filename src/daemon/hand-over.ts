import { lastWords } from '../agent/last-words.ts';
import type { HandOver } from '../agent/prompt.ts';
import type { Paths } from '../config/paths.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { type Carried, carry, patch } from '../workspace/carry.ts';
import { runStart } from '../workspace/refs.ts';
import type { Repositories } from './git.ts';

interface HandOverOptions {
  store: Store;
  paths: Paths;
  repositories: Repositories;
  /** Files that whoever runs the server puts into the task's workspaces. */
  copied(task: Task): readonly string[];
  log: Log;
}

/** Of the patch in a prompt (bytes); the agent can see all of it with git. */
const MOST_PATCH = 24 * 1024;
const MOST_TRIES = 5;
const MOST_NOTES = 20;

/** What a run that begins anew takes over from those before it. */
export function handOvers({ store, paths, repositories, copied, log }: HandOverOptions) {
  /** How the worktree stood when the run before ended, or as somebody rolled it back. */
  function lastState(task: Task, run: Run): Checkpoint | null {
    return store.checkpoints.ofTask(task.id).findLast(each => each.run < run.number) ?? null;
  }

  /** Null when nothing uncommitted is known. */
  async function carried(task: Task, run: Run, start: string): Promise<Carried | null> {
    const last = lastState(task, run);
    if (last === null) return null;
    const git = await repositories.store(task);
    const wanted = { start, snapshot: last.sha, without: copied(task) };
    const { tree, leftOut } = await carry(git, wanted).catch(error => {
      // Whatever an agent has made of it, the next one starts.
      if (!(error instanceof OrchError)) throw error;
      log.warn(
        { task: taskName(task.id), why: describeError(error) },
        'a checkpoint could not be taken over',
      );
      return { tree: `${start}^{tree}`, leftOut: ['all of it'] };
    });
    return { tree, leftOut: [...leftOut, ...last.leftOut] };
  }

  return {
    carried,

    /** For the prompt; null for the first to try, and for who goes on where it was. */
    async tell(task: Task, run: Run): Promise<HandOver | null> {
      const name = runName(task.id, run.number);
      const before = store.runs
        .ofTask(task.id)
        .filter(each => each.number < run.number && each.spawnedAt !== null);
      const last = before.at(-1);
      if (last === undefined || run.workspace !== name) return null;
      const git = await repositories.store(task);
      const start = await runStart(git, name);
      if (start === null) return null;
      const state = await carried(task, run, start);
      const tree = state?.tree ?? start;
      const notes = store.journal
        .ofTask(task.id)
        .flatMap(event => (event.type === 'run:progress' ? [event.data.text] : []));
      return {
        tries: before.slice(-MOST_TRIES).map(each => {
          return {
            agent: `${each.profile}-${each.slot}`,
            outcome: each.outcome ?? 'crashed',
            reason: each.reason,
          };
        }),
        patch: await patch(git, { base: task.baseSha as string, tree, most: MOST_PATCH }),
        notes: notes.slice(-MOST_NOTES),
        words: await lastWords(paths.runLog(runName(task.id, last.number)), 40),
        leftOut: state?.leftOut ?? [],
      };
    },
  };
}

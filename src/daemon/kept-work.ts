import type { Clock } from '../shared/clock.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { leftBy } from '../workspace/left.ts';
import { pushRescue } from '../workspace/publish.ts';
import { type PushRules, tryCheckPush } from '../workspace/push/rules.ts';
import { rescueRef } from '../workspace/refs.ts';
import type { Repositories } from './git.ts';

export interface KeepWorkOptions {
  store: Store;
  clock: Clock;
  repositories: Repositories;
  rules(task: Task): PushRules;
}

/**
 * Brings what a run left to the forge, as `refs/orch/rescue/T42.1`, where this host does not stay, or people
 * have decided on its pull request meanwhile: the worktree with what
 * was not committed, else the commits. What a rule refuses stays away, and the journal says so. Once for a run.
 * Errors: E_PROGRAM_FAILED (network).
 */
export function keepWork(options: KeepWorkOptions) {
  const { store, clock, repositories } = options;
  return async (task: Task, run: Run): Promise<void> => {
    if (isDelivered(task) || task.baseSha === null || isKept(store, run)) return;
    const git = await repositories.store(task);
    const last = store.checkpoints.last(task.id);
    const snapshot = last?.run === run.number ? last.sha : null;
    const left = await leftBy(git, runName(task.id, run.number), {
      snapshot,
      published: task.head ?? task.baseSha,
    });
    let reason: string | null = null;
    for (const sha of left) {
      const { ref, refused } = await tryKeep(options, task, run, sha);
      reason ??= refused;
      if (ref === null) continue;
      store.journal.append(clock.now(), task.id, 'work:kept', { run: run.number, ref, reason });
      return;
    }
    if (reason === null) return;
    store.journal.append(clock.now(), task.id, 'work:kept', { run: run.number, ref: null, reason });
  };
}

/** What it has done is in its pull request, unless that was merged while it worked. */
function isDelivered({ state, pullState }: Task): boolean {
  return state === 'completed' && pullState !== 'merged';
}

function isKept(store: Store, run: Run): boolean {
  const events = store.journal.ofTask(run.task);
  return events.some(event => event.type === 'work:kept' && event.data.run === run.number);
}

/** Where it is by now; else why Orch or the forge does not take it. */
async function tryKeep({ repositories, rules }: KeepWorkOptions, task: Task, run: Run, sha: string) {
  const git = await repositories.store(task);
  const range = { sha, base: task.baseSha as string, head: task.head, target: task.target as string };
  const refusal = await tryCheckPush({ directory: git.directory }, range, rules(task));
  if (refusal !== null) return { ref: null, refused: refusal.message };
  const ref = await rescueRef(git, runName(task.id, run.number), sha);
  const refused = await pushRescue(git, repositories.remote(task, 'write'), { sha, ref });
  return { ref: refused === null ? ref : null, refused };
}

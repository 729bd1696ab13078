import type { PublishGit } from '../broker/publish.ts';
import type { Confirm } from '../forge/forge.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';
import { type PushRules, tryCheckPush } from '../workspace/push/rules.ts';
import type { Repositories } from './git.ts';

interface BranchBackOptions {
  store: Store;
  clock: Clock;
  confirm: Confirm;
  repositories: Repositories;
  git: PublishGit;
  rules(task: Task): PushRules;
}

/** Brings a task's branch back on the forge, only from where Orch itself left it, and only to what may be there. */
export function branchBack({ store, clock, confirm, repositories, git, rules }: BranchBackOptions) {
  return async (task: Task, sha: string): Promise<{ head: string | null; kept: string | null }> => {
    const { head, branch, baseSha: base, target } = task;
    const keep = (why: string) => ({ head, kept: `the branch stays where it is: ${why}` });
    if (head === null || branch === null || head === sha) return { head, kept: null };
    if (base === null || target === null || !(await git.isAhead(task, sha)))
      return keep('there was no commit at that checkpoint');
    try {
      await confirm(task);
      const { directory } = await repositories.store(task);
      const refusal = await tryCheckPush({ directory }, { sha, base, head, target }, rules(task));
      if (refusal !== null) return keep(refusal.message);
      store.creations.begin(task.id, 'branch', branch, clock.now());
      store.creations.record(task.id, 'branch', branch, task.id, sha);
      const pushed = await git.push(task, sha, head);
      if (pushed.kind === 'pushed' || (pushed.moved && (await git.tip(task)) === sha))
        return { head: sha, kept: null };
      return keep(pushed.moved ? 'somebody else has pushed to it' : pushed.text);
    } catch (error) {
      if (!(error instanceof OrchError && ['E_ACCESS_LOST', 'E_GITHUB'].includes(error.code))) throw error;
      return keep(error.message);
    }
  };
}

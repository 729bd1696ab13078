import type { PublishGit } from '../broker/publish.ts';
import type { Confirm } from '../forge/forge.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';
import type { Range } from '../workspace/push/rules.ts';

interface BranchBackOptions {
  store: Store;
  clock: Clock;
  confirm: Confirm;
  git: PublishGit;
  /** Why these commits may not be there; null when they may. */
  refusal(task: Task, range: Range): Promise<OrchError | null>;
}

/** Brings a task's branch back on the forge, only from where Orch itself left it, and only to what may be there. */
export function branchBack({ store, clock, confirm, git, refusal }: BranchBackOptions) {
  return async (task: Task, sha: string): Promise<{ head: string | null; kept: string | null }> => {
    const { head, branch, baseSha: base, target } = task;
    const keep = (why: string) => ({ head, kept: `the branch stays where it is: ${why}` });
    if (head === null || branch === null || head === sha) return { head, kept: null };
    if (base === null || target === null || !(await git.isAhead(task, sha)))
      return keep('there was no commit at that checkpoint');
    try {
      await confirm(task);
      const refused = await refusal(task, { sha, base, head, target });
      if (refused !== null) return keep(refused.message);
      const intended = store.creations.get(task.id, 'branch', branch)?.content ?? null;
      store.creations.begin(task.id, 'branch', branch, clock.now());
      store.creations.record(task.id, 'branch', branch, task.id, sha);
      let pushed = await git.push(task, sha, head);
      if (pushed.kind === 'rejected' && pushed.moved) {
        const tip = await git.tip(task);
        if (tip === sha) return { head: sha, kept: null };
        // A push of the run was under way when it lost its task, and nobody has written down that it came through.
        if (tip !== null && tip === intended) pushed = await git.push(task, sha, tip);
      }
      if (pushed.kind === 'pushed') return { head: sha, kept: null };
      return keep(pushed.moved ? 'somebody else has pushed to it' : pushed.text);
    } catch (error) {
      if (!(error instanceof OrchError && ['E_ACCESS_LOST', 'E_GITHUB'].includes(error.code))) throw error;
      return keep(error.message);
    }
  };
}

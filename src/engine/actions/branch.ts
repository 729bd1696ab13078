import type { Run, Task } from '../../task/glossary.ts';
import type { Looks } from './look.ts';
import type { ActionsOptions } from './options.ts';

/** Follows the branches that jobs push to. GitHub's word counts: a job may be lost before it tells of a push. */
export function openBranches({ store, clock, workflow, looks }: ActionsOptions & { looks: Looks }) {
  function record(task: Task, run: Run, head: string): void {
    const { branch } = task;
    if (branch === null || head === task.head) return;
    const now = clock.now();
    store.transaction(() => {
      if (!store.tasks.update(task.id, task.epoch, { head, updatedAt: now })) return;
      store.creations.begin(task.id, 'branch', branch, now);
      store.creations.record(task.id, 'branch', branch, task.id, head);
      store.journal.append(now, task.id, 'branch:pushed', { run: run.number, head });
    });
  }

  /** The live run of a task, if it is carried out by a job. */
  function jobOf(task: Task): Run | null {
    const run = store.runs.liveOf(task.id);
    return run !== null && store.dispatches.get(run) !== null ? run : null;
  }

  return {
    /** Nobody has the branch yet: what comes to be there by that name is the job's. */
    expect(task: Task, branch: string): void {
      store.creations.begin(task.id, 'branch', branch, clock.now());
    },

    /** Brings the task up to where its branch stands. */
    async bring(task: Task): Promise<Task> {
      const run = jobOf(task);
      if (task.branch === null || run === null) return task;
      const head = await workflow.tip(task, task.branch);
      const result = looks.ended(run)?.result ?? null;
      // Whatever is there by that name, the job did not push it.
      if (result !== null && result.head === null && task.head === null)
        store.creations.forget(task.id, 'branch', task.branch);
      else if (head !== null) record(task, run, head);
      return store.tasks.get(task.id) as Task;
    },

    /** A webhook tells that a branch stands at this commit. */
    pushed(repositoryId: number, branch: string, head: string): void {
      for (const task of store.tasks.onBranch(repositoryId, branch)) {
        const run = jobOf(task);
        if (run !== null) record(task, run, head);
      }
    },
  };
}

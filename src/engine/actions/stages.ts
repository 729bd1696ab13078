import type { Stages } from '../../scheduler/stages.ts';
import type { Task } from '../../task/glossary.ts';
import { openBranches } from './branch.ts';
import { openDispatcher } from './dispatch.ts';
import { openLooks } from './look.ts';
import type { ActionsOptions } from './options.ts';
import { openStops } from './stop.ts';
import type { WorkflowRun } from './workflow.ts';

/** What webhooks tell of the runs that GitHub carries out. Whoever misses one finds the same by looking. */
export interface ActionsNews {
  /** A workflow run, or a job of it, has changed. */
  heard(workflowRun: number): void;
  /** Somebody has dispatched a workflow run in this repository. */
  shown(workflowRun: WorkflowRun, repositoryId: number): Promise<void>;
  /** A branch stands at this commit. */
  pushed(repositoryId: number, branch: string, head: string): void;
  /** The task has a pull request. */
  opened(task: Task): Promise<void>;
}

/**
 * Has GitHub Actions carry out runs: each is one run of a workflow, on whatever runner GitHub finds for it. The job works as
 * a host of Orch does, and this side follows it.
 */
export function actionsStages(options: ActionsOptions): { stages: Stages; news: ActionsNews } {
  const { store } = options;
  const dispatcher = openDispatcher(options);
  const stops = openStops({ ...options, dispatcher });
  const looks = openLooks({ ...options, dispatcher, isStopped: stops.isStopped });
  const branches = openBranches({ ...options, looks });

  const stages: Stages = {
    workspace: {
      async prepare(task, run) {
        const prepared = await options.settle(task, run);
        if (prepared.head === null) branches.expect(task, prepared.branch);
        return prepared;
      },
      // The job has done so before its end.
      rescue: async () => {},
      remove: async (_, run) => store.dispatches.get(run)?.known?.rescued ?? null,
    },
    agent: {
      async launch(task, run) {
        await dispatcher.launch(task, run);
        return { pid: null, pidStart: null };
      },
      look: looks.look,
      interrupt: stops.interrupt,
      async kill(run) {
        if (looks.ended(run) !== null) return;
        await stops.kill(run);
        looks.again(run);
      },
      lastWords: async run => looks.ended(run)?.result?.lastWords ?? null,
    },
    // The job has its own.
    broker: {
      open: async () => {},
      async close(run) {
        looks.forget(run);
        stops.forget(run);
      },
    },
    pulls: {
      async find(task) {
        const isThere = await options.pulls.find(await branches.bring(task));
        if (isThere) await options.adoptPull(store.tasks.get(task.id) as Task);
        return isThere;
      },
      openDraft: options.pulls.openDraft,
    },
  };

  const news: ActionsNews = {
    heard(workflowRun) {
      const run = store.dispatches.byId(workflowRun);
      if (run === null) return;
      looks.again(run);
      options.changed(run);
    },
    shown: dispatcher.shown,
    pushed: branches.pushed,
    async opened(task) {
      if (store.creations.ofKind(task.id, 'workflow').length > 0) await options.adoptPull(task);
    },
  };
  return { stages, news };
}

import type { Forge } from '../forge/forge.ts';
import type { Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { hasBegun, type Plans } from './plans.ts';

export interface PlanStageOptions {
  store: Store;
  forge: Pick<Forge, 'issue'>;
  plans: Plans;
  /** What the agent of a run said last, all of it; null when it said nothing. */
  message(run: Run): Promise<string | null>;
}

/**
 * The stages of runs, some of which only make a plan: of those no commits are taken, and what an agent has printed last is
 * its plan where it told none. Before anything is done the issue is read once more.
 */
export function withPlans(stages: Stages, { store, forge, plans, message }: PlanStageOptions): Stages {
  const { workspace } = stages;

  async function readAgain(task: Task, run: Run): Promise<Task> {
    const plan = store.plans.get(task.id);
    if (plan === null || task.onPullRequest || hasBegun(store, plan)) return task;
    // A new version is made for the text as it is by now; whoever asked for it has seen that.
    if (plan.approvedAt === null && !plan.isStale) return task;
    const issue = await forge.issue(task);
    if (issue === null) return task;
    if (plan.approvedAt === null) {
      store.tasks.update(task.id, run.epoch, { issueTitle: issue.title, issueBody: issue.body ?? '' });
    } else if (!plans.compare(task.id, issue)) {
      throw new OrchError('E_PLAN', "The issue's text changed after the plan was approved");
    }
    return store.tasks.get(task.id) as Task;
  }

  /** As the supervisor judges it: what a crash or a time-out leaves on the screen is no plan. */
  async function hasEndedWell(run: Run): Promise<boolean> {
    const stopped = store.runs.get(run.task, run.number)?.stopReason;
    if (stopped === 'timed_out' || stopped === 'rate_limited') return false;
    const { end, exitCode } = await stages.agent.look(run);
    return end?.ok ?? exitCode === 0;
  }

  return {
    ...stages,
    workspace: {
      ...workspace,
      prepare: async (task, run) => await workspace.prepare(await readAgain(task, run), run),
      async rescue(task, run) {
        if (!store.plans.isMaking(task.id)) return await workspace.rescue(task, run);
        const current = store.tasks.get(task.id) as Task;
        if (current.epoch !== run.epoch || isFinal(current.state) || current.question !== null) return;
        if (store.inputs.isSpokenTo(run)) return;
        if (!(await hasEndedWell(run))) return;
        const text = await message(run);
        if (text === null || text.trim() === '')
          throw new OrchError('E_PLAN', `The agent ended ${runName(run.task, run.number)} without a plan`, {
            remedy: 'Retry the task, or ask for it without a plan.',
          });
        plans.make(run, { text, files: [], risk: null });
      },
    },
  };
}

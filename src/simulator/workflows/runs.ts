import { createCheckRun } from '../action/checks.ts';
import { emit } from '../emit.ts';
import type { User } from '../model.ts';
import { shapeCommitOf, shapeWorkflow, shapeWorkflowRun } from '../shape/workflow.ts';
import type { World } from '../world.ts';
import { Groups } from './groups.ts';
import type { Conclusion } from './job.ts';
import { deedOf, Jobs } from './jobs.ts';
import { type JobPlan, type Plan, planOf } from './plan.ts';
import type { Trigger, Workflow, WorkflowJob, WorkflowRun } from './run.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** The life of workflow runs, from what starts them to their end. */
export class Runs {
  readonly all = new Map<number, WorkflowRun>();
  readonly jobs: Jobs;
  readonly #world: World;
  readonly #groups = new Groups();
  readonly #changed: (run: WorkflowRun) => void;

  /** `changed` hears of each run that begins, goes on, or ends. */
  constructor(world: World, changed: (run: WorkflowRun) => void) {
    this.#world = world;
    this.#changed = changed;
    this.jobs = new Jobs(world, this.#groups, run => this.#goOn(run));
  }

  async start(workflow: Workflow, file: WorkflowFile, trigger: Trigger): Promise<WorkflowRun> {
    const { newId, clock, actions: app } = this.#world;
    const now = clock.now();
    const { sha: headSha, branch: headBranch } = trigger;
    const name = file.name ?? workflow.path;
    const run: WorkflowRun = {
      ...trigger,
      id: newId(),
      number: [...this.all.values()].filter(one => one.workflow === workflow).length + 1,
      attempt: 0,
      workflow,
      file,
      name,
      title: name,
      status: 'queued',
      conclusion: null,
      fault: null,
      triggeringActor: trigger.actor,
      suite: {
        ...{ id: newId(), headSha, headBranch, app, createdAt: now },
        headCommit: await shapeCommitOf(workflow.repository, headSha),
      },
      jobs: [],
      createdAt: now,
      startedAt: now,
      updatedAt: now,
    };
    this.all.set(run.id, run);
    await this.begin(run, trigger.actor);
    return run;
  }

  /** The next attempt of a run: all of its jobs anew, when its turn comes. */
  async begin(run: WorkflowRun, triggeringActor: User): Promise<void> {
    const startedAt = this.#world.clock.now();
    Object.assign(run, { attempt: run.attempt + 1, triggeringActor, conclusion: null, startedAt, jobs: [] });
    const plan = this.#plan(run);
    if (!plan) {
      this.#tell(run, 'requested');
      this.#end(run, 'failure');
      return;
    }
    const { title, turn } = plan;
    Object.assign(run, { title, status: turn ? 'pending' : 'queued' });
    for (const job of plan.jobs) run.jobs.push(await this.#job(run, job));
    this.#tell(run, 'requested');
    this.#groups.enter(run, turn, {
      begin: () => this.#queue(run),
      cancel: () => this.cancel(run, false),
    });
  }

  cancel(run: WorkflowRun, byForce: boolean): void {
    for (const job of run.jobs) this.jobs.cancel(job, byForce);
  }

  /** Null, with the fault told in the run, when its file has an expression that is none. */
  #plan(run: WorkflowRun): Plan | null {
    try {
      return planOf(this.#world, run);
    } catch (error) {
      run.fault = error instanceof Error ? error.message : String(error);
      return null;
    }
  }

  async #job(run: WorkflowRun, { name, ...plan }: JobPlan): Promise<WorkflowJob> {
    const deed = deedOf(this.#world, run);
    return {
      ...plan,
      run,
      check: await createCheckRun(deed, { name, head_sha: run.sha, suite: run.suite }),
      status: 'pending',
      conclusion: null,
      runner: null,
      token: null,
      steps: [],
      cancel: new AbortController(),
      createdAt: this.#world.clock.now(),
      startedAt: null,
      completedAt: null,
    };
  }

  #queue(run: WorkflowRun): void {
    run.status = 'queued';
    for (const job of run.jobs) {
      if (job.isWanted) this.jobs.enqueue(job);
      else this.jobs.skip(job);
    }
  }

  #goOn(run: WorkflowRun): void {
    run.updatedAt = this.#world.clock.now();
    if (run.jobs.every(({ status }) => status === 'completed')) this.#end(run, conclusionOf(run.jobs));
    else if (run.status === 'queued' && run.jobs.some(({ status }) => status === 'in_progress')) {
      run.status = 'in_progress';
      this.#tell(run, 'in_progress');
    }
  }

  #end(run: WorkflowRun, conclusion: Conclusion): void {
    Object.assign(run, { status: 'completed', conclusion });
    this.#tell(run, 'completed');
    this.#groups.leave(run);
  }

  #tell(run: WorkflowRun, action: string): void {
    const deed = { ...deedOf(this.#world, run), actor: { user: run.triggeringActor, permissions: null } };
    emit(deed, 'workflow_run', action, {
      workflow: shapeWorkflow(this.#world, run.workflow, run.name),
      workflow_run: shapeWorkflowRun(this.#world, run),
    });
    this.#changed(run);
  }
}

function conclusionOf(jobs: readonly WorkflowJob[]): Conclusion {
  const found = (['failure', 'cancelled', 'success'] as const).find(one =>
    jobs.some(({ conclusion }) => conclusion === one),
  );
  return found ?? 'skipped';
}

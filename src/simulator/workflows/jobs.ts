import { updateCheckRun } from '../action/checks.ts';
import { emit } from '../emit.ts';
import { shapeJob } from '../shape/workflow.ts';
import type { Deed, World } from '../world.ts';
import type { Groups } from './groups.ts';
import type { Conclusion, Job, Report, RunnerSide } from './job.ts';
import type { JobStep, WorkflowJob, WorkflowRun } from './run.ts';
import { toJob } from './to-job.ts';
import { makeToken } from './token.ts';

/** The jobs of all workflow runs, from the queue to their end. */
export class Jobs implements RunnerSide, Disposable {
  readonly #world: World;
  readonly #changed: (run: WorkflowRun) => void;
  readonly #groups: Groups;
  readonly #listeners = new Set<() => void>();
  readonly #runners = new Map<string, number>();
  readonly #taken = new Map<number, WorkflowJob>();
  readonly #limits = new Map<WorkflowJob, Disposable>();
  #queued: WorkflowJob[] = [];

  /** `changed` hears that a job of a run has begun or ended. */
  constructor(world: World, groups: Groups, changed: (run: WorkflowRun) => void) {
    this.#world = world;
    this.#groups = groups;
    this.#changed = changed;
  }

  /** Has a job wait for a runner, or first for its turn in its group. */
  enqueue(job: WorkflowJob): void {
    this.#groups.enter(job, job.turn, {
      begin: () => this.#queue(job),
      cancel: () => this.cancel(job, false),
    });
  }

  #queue(job: WorkflowJob): void {
    job.status = 'queued';
    this.#queued.push(job);
    this.#tell(job, 'queued');
    for (const listener of this.#listeners) listener();
  }

  onQueued(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  take({ name, labels }: { name: string; labels: readonly string[] }): Job | null {
    const has = new Set(labels.map(label => label.toLowerCase()));
    const job = this.#queued.find(one => one.labels.every(label => has.has(label.toLowerCase())));
    if (!job) return null;
    this.#queued = this.#queued.filter(one => one !== job);
    const id = this.#runners.get(name) ?? this.#world.newId();
    this.#runners.set(name, id);
    const token = makeToken(this.#world, job.run, job.definition);
    const now = this.#world.clock.now();
    Object.assign(job, { status: 'in_progress', runner: { id, name }, token, startedAt: now });
    this.#taken.set(job.check.id, job);
    this.#limit(job);
    updateCheckRun(deedOf(this.#world, job.run), job.check, { status: 'in_progress' });
    this.#tell(job, 'in_progress');
    this.#changed(job.run);
    return toJob(job, token);
  }

  /** Cancels a job that takes longer than its file lets it. What says nothing has six hours on GitHub, and here no end. */
  #limit(job: WorkflowJob): void {
    const minutes = job.definition['timeout-minutes'];
    if (minutes === undefined) return;
    const { name } = job.runner ?? {};
    const message = `The job running on runner ${name} has exceeded the maximum execution time of ${minutes} minutes.`;
    const expire = () => {
      job.check.annotations.push({
        path: '.github',
        start_line: 1,
        end_line: 1,
        annotation_level: 'failure',
        message,
      });
      this.cancel(job, false);
    };
    this.#limits.set(job, this.#world.clock.after(minutes * 60_000, expire));
  }

  /** Lets all limits of time go. */
  [Symbol.dispose](): void {
    for (const limit of this.#limits.values()) limit[Symbol.dispose]();
  }

  report({ id }: Job, { step, status, conclusion, annotations }: Report): void {
    const job = this.#taken.get(id);
    // Who was lost, or ended by force, has nothing more to say.
    if (!job || job.status === 'completed') return;
    job.check.annotations.push(...annotations);
    if (step) this.#step(job, step, conclusion ?? null);
    else if (status === 'completed') this.#end(job, conclusion ?? 'failure');
  }

  #step(job: WorkflowJob, step: NonNullable<Report['step']>, conclusion: Conclusion | null): void {
    const now = this.#world.clock.now();
    const known = job.steps.find(({ number }) => number === step.number);
    const { summary = '', lines = [] } = step;
    const ended = { status: 'completed' as const, conclusion, completedAt: now, summary, lines };
    const begun: JobStep = {
      ...step,
      status: 'in_progress',
      conclusion: null,
      startedAt: now,
      completedAt: null,
      summary,
      lines,
    };
    if (!known) job.steps.push(begun);
    if (conclusion !== null) Object.assign(known ?? begun, ended);
  }

  /** Asks a job's runner to end it; by force it is over whatever the runner does. One that waits is over at once. */
  cancel(job: WorkflowJob, byForce: boolean): void {
    if (job.status === 'completed') return;
    job.cancel.abort();
    if (byForce || job.status !== 'in_progress') this.#end(job, 'cancelled');
  }

  /** Ends a job that no runner takes. */
  skip(job: WorkflowJob): void {
    this.#end(job, 'skipped');
  }

  #end(job: WorkflowJob, conclusion: Conclusion): void {
    this.#queued = this.#queued.filter(one => one !== job);
    const now = this.#world.clock.now();
    Object.assign(job, {
      status: 'completed',
      conclusion,
      startedAt: job.startedAt ?? now,
      completedAt: now,
    });
    if (job.token !== null) this.#world.tokens.delete(job.token);
    this.#limits.get(job)?.[Symbol.dispose]();
    this.#limits.delete(job);
    updateCheckRun(deedOf(this.#world, job.run), job.check, { status: 'completed', conclusion });
    this.#tell(job, 'completed');
    this.#groups.leave(job);
    this.#changed(job.run);
  }

  #tell(job: WorkflowJob, action: string): void {
    const deed = { ...deedOf(this.#world, job.run), actor: { user: job.run.actor, permissions: null } };
    emit(deed, 'workflow_job', action, { workflow_job: shapeJob(this.#world, job) });
  }
}

/** What GitHub Actions does in the repository of a run. */
export function deedOf(world: World, { workflow }: WorkflowRun): Deed {
  return { world, repository: workflow.repository, actor: { user: world.actions.bot, permissions: {} } };
}

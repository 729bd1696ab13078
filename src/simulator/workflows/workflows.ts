import { createCheckRun } from '../action/checks.ts';
import { emit, enclose } from '../emit.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import type { Repository } from '../model.ts';
import { shapeCommitOf, shapeWorkflow, shapeWorkflowRun } from '../shape/workflow.ts';
import type { Deed, World } from '../world.ts';
import { contextsOf } from './contexts.ts';
import { fill, holds } from './expression.ts';
import { WorkflowFiles } from './files.ts';
import { inputsOf } from './inputs.ts';
import type { Conclusion, RunnerSide } from './job.ts';
import { deedOf, Jobs } from './jobs.ts';
import type { Trigger, Workflow, WorkflowJob, WorkflowRun } from './run.ts';
import { names, placeOf } from './trigger.ts';
import type { WorkflowFile } from './workflow-file.ts';

/** GitHub Actions of the simulated GitHub: which workflow runs there are, and what becomes of them. */
export class Workflows {
  readonly runs = new Map<number, WorkflowRun>();
  /** What all repositories have set. */
  readonly secrets = new Map<string, string>();
  readonly vars = new Map<string, string>();
  readonly files: WorkflowFiles;
  readonly #jobs: Jobs;
  readonly #world: World;
  readonly #listeners = new Set<(run: WorkflowRun) => void>();
  #starting: Promise<unknown> = Promise.resolve();

  constructor(world: World) {
    this.#world = world;
    this.files = new WorkflowFiles(world);
    this.#jobs = new Jobs(world, run => this.#changed(run));
  }

  /** Where runners get their jobs from. */
  get runnerSide(): RunnerSide {
    return this.#jobs;
  }

  /** Hears of each run that begins, goes on, or ends. */
  onChange(listener: (run: WorkflowRun) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when what has happened has started all that it starts. */
  async idle(): Promise<void> {
    await this.#starting;
  }

  /** Has an event start the workflows that name it. What a job's own token does starts none. */
  heard(deed: Deed, event: string, action: string | null, payload: Readonly<Record<string, unknown>>): void {
    if (event === 'push') this.files.forget(deed.repository);
    if (deed.actor.user === this.#world.actions.bot || /^(workflow|check)_/.test(event)) return;
    this.#later(() => this.#startAll(deed, event, action, payload));
  }

  /** Starts a workflow by hand, in the name of whoever asks. Errors: GitHub's. */
  async dispatch(
    deed: Deed,
    workflow: Workflow,
    ref: string,
    given: Record<string, unknown>,
  ): Promise<WorkflowRun> {
    const branch = ref.replace(/^refs\/(heads|tags)\//, '');
    const sha = await deed.repository.git.resolve(branch);
    if (sha === null) throw new GitHubError(422, `No ref found for: ${ref}`);
    const file = (await this.files.at(deed.repository, sha)).files.get(workflow);
    const on = file?.on.workflow_dispatch;
    if (!file || !on) throw new GitHubError(422, "Workflow does not have 'workflow_dispatch' trigger");
    const inputs = inputsOf(on.inputs ?? {}, given);
    const full = `refs/heads/${branch}`;
    const payload = enclose(deed, null, { inputs, ref: full, workflow: workflow.path });
    const event = { name: 'workflow_dispatch', payload };
    return this.#start(workflow, file, { event, inputs, sha, ref: full, branch, actor: deed.actor.user });
  }

  /** Tells workflows of an event that another program has made up. */
  repositoryDispatch(deed: Deed, type: string, client_payload: object): void {
    const { defaultBranch: branch } = deed.repository;
    const payload = enclose(deed, type, { branch, client_payload });
    this.#later(() => this.#startAll(deed, 'repository_dispatch', type, payload));
  }

  /** What happens at the times that `schedule` names. */
  schedule(repository: Repository): void {
    const deed = { world: this.#world, repository, actor: { user: repository.owner, permissions: null } };
    const payload = enclose(deed, null, { schedule: '17 5 * * 1' });
    this.#later(() => this.#startAll(deed, 'schedule', null, payload));
  }

  cancel(run: WorkflowRun, byForce: boolean): void {
    if (run.status === 'completed')
      throw new GitHubError(409, 'Cannot cancel a workflow run that is completed.');
    for (const job of run.jobs) this.#jobs.cancel(job, byForce);
  }

  /** Does all jobs of a run once more, with the event that it began with. */
  async rerun(deed: Deed, run: WorkflowRun): Promise<void> {
    if (run.status !== 'completed') throw new GitHubError(403, 'This workflow is already running');
    const now = this.#world.clock.now();
    Object.assign(run, { attempt: run.attempt + 1, status: 'queued', conclusion: null, startedAt: now });
    run.triggeringActor = deed.actor.user;
    await this.#begin(run);
  }

  find(repository: Repository, id: unknown): WorkflowRun {
    const run = this.runs.get(Number(id));
    if (run?.workflow.repository !== repository) throw notFound();
    return run;
  }

  #later(act: () => Promise<void>): void {
    this.#starting = this.#starting.then(act);
  }

  async #startAll(
    deed: Deed,
    event: string,
    action: string | null,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { repository } = deed;
    const atTip = await this.files.at(repository, null);
    const place = atTip.tip === null ? null : placeOf(deed, event, payload, atTip.tip);
    if (!place) return;
    const { base, ...at } = place;
    const { files } = event === 'push' ? await this.files.at(repository, at.sha) : atTip;
    for (const [workflow, file] of files) {
      if (!names(file, event, action, base)) continue;
      await this.#start(workflow, file, { ...at, event: { name: event, payload }, inputs: {} });
    }
  }

  async #start(workflow: Workflow, file: WorkflowFile, trigger: Trigger): Promise<WorkflowRun> {
    const { newId, clock } = this.#world;
    const now = clock.now();
    const number = [...this.runs.values()].filter(one => one.workflow === workflow).length + 1;
    const run: WorkflowRun = {
      ...trigger,
      id: newId(),
      number,
      attempt: 1,
      workflow,
      file,
      name: file.name ?? workflow.path,
      title: '',
      status: 'queued',
      conclusion: null,
      triggeringActor: trigger.actor,
      suite: {
        id: newId(),
        headSha: trigger.sha,
        headBranch: trigger.branch,
        app: this.#world.actions,
        createdAt: now,
      },
      headCommit: await shapeCommitOf(workflow.repository, trigger.sha),
      jobs: [],
      createdAt: now,
      startedAt: now,
      updatedAt: now,
    };
    run.title = titleOf(run, this.#world);
    this.runs.set(run.id, run);
    await this.#begin(run);
    return run;
  }

  async #begin(run: WorkflowRun): Promise<void> {
    run.jobs = [];
    for (const key of Object.keys(run.file.jobs)) run.jobs.push(await this.#job(run, key));
    this.#tell(run, 'requested');
    for (const job of run.jobs) {
      if (holds(job.definition.if ?? '', job.contexts, 'success')) this.#jobs.enqueue(job);
      else this.#jobs.skip(job);
    }
  }

  async #job(run: WorkflowRun, key: string): Promise<WorkflowJob> {
    const definition = run.file.jobs[key] as WorkflowFile['jobs'][string];
    const contexts = contextsOf(this.#world, run);
    const deed = deedOf(this.#world, run);
    const name = fill(definition.name ?? key, contexts);
    const check = await createCheckRun(deed, { name, head_sha: run.sha, suite: run.suite });
    return {
      run,
      key,
      definition,
      labels: definition['runs-on'].map(label => fill(label, contexts)),
      contexts,
      check,
      status: 'pending',
      conclusion: null,
      group: null,
      runner: null,
      token: null,
      steps: [],
      cancel: new AbortController(),
      createdAt: this.#world.clock.now(),
      startedAt: null,
      completedAt: null,
    };
  }

  #changed(run: WorkflowRun): void {
    run.updatedAt = this.#world.clock.now();
    if (run.jobs.every(({ status }) => status === 'completed')) {
      Object.assign(run, { status: 'completed', conclusion: conclusionOf(run.jobs) });
      this.#tell(run, 'completed');
    } else if (run.status === 'queued' && run.jobs.some(({ status }) => status === 'in_progress')) {
      run.status = 'in_progress';
      this.#tell(run, 'in_progress');
    }
  }

  #tell(run: WorkflowRun, action: string): void {
    const deed = { ...deedOf(this.#world, run), actor: { user: run.triggeringActor, permissions: null } };
    emit(deed, 'workflow_run', action, {
      workflow: shapeWorkflow(this.#world, run.workflow, run.name),
      workflow_run: shapeWorkflowRun(this.#world, run),
    });
    for (const listener of this.#listeners) listener(run);
  }
}

function titleOf(run: WorkflowRun, world: World): string {
  const { file, event, name } = run;
  const said = file['run-name'] === undefined ? '' : fill(file['run-name'], contextsOf(world, run)).trim();
  const { issue, pull_request: pull } = event.payload as Record<string, { title?: string } | undefined>;
  return said || (pull?.title ?? issue?.title ?? name);
}

function conclusionOf(jobs: readonly WorkflowJob[]): Conclusion {
  const found = (['cancelled', 'failure', 'success'] as const).find(one =>
    jobs.some(({ conclusion }) => conclusion === one),
  );
  return found ?? 'skipped';
}

import { enclose } from '../emit.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import type { Repository } from '../model.ts';
import type { Deed, World } from '../world.ts';
import { WorkflowFiles } from './files.ts';
import { inputsOf } from './inputs.ts';
import type { RunnerSide } from './job.ts';
import type { Workflow, WorkflowRun } from './run.ts';
import { Runs } from './runs.ts';
import { names, placeOf } from './trigger.ts';

/** GitHub Actions of the simulated GitHub: which workflow runs there are, and what becomes of them. */
export class Workflows {
  /** What all repositories have set. */
  readonly secrets = new Map<string, string>();
  readonly vars = new Map<string, string>();
  readonly files: WorkflowFiles;
  readonly #runs: Runs;
  readonly #world: World;
  readonly #listeners = new Set<(run: WorkflowRun) => void>();
  #starting: Promise<unknown> = Promise.resolve();

  constructor(world: World) {
    this.#world = world;
    this.files = new WorkflowFiles(world);
    this.#runs = new Runs(world, run => {
      for (const listener of this.#listeners) listener(run);
    });
  }

  /** All of all repositories, by id, oldest first. */
  get runs(): ReadonlyMap<number, WorkflowRun> {
    return this.#runs.all;
  }

  /** Where runners get their jobs from. */
  get runnerSide(): RunnerSide {
    return this.#runs.jobs;
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

  /** Resolves when all is started, and stops what waits for its time. */
  async close(): Promise<void> {
    await this.idle();
    this.#runs.jobs[Symbol.dispose]();
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
    return this.#runs.start(workflow, file, {
      event,
      inputs,
      sha,
      ref: full,
      branch,
      actor: deed.actor.user,
      isFromFork: false,
    });
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
    this.#runs.cancel(run, byForce);
  }

  /** Does all jobs of a run once more, with the event that it began with. */
  async rerun(deed: Deed, run: WorkflowRun): Promise<void> {
    if (run.status !== 'completed') throw new GitHubError(403, 'This workflow is already running');
    await this.#runs.begin(run, deed.actor.user);
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
      await this.#runs.start(workflow, file, { ...at, event: { name: event, payload }, inputs: {} });
    }
  }
}

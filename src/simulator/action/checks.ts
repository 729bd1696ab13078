import { emit } from '../emit.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import type { Annotation, CheckRun, CheckSuite } from '../model.ts';
import { shapeCheckRunEvent, shapeSuite } from '../shape/check.ts';
import { shapeCommitOf } from '../shape/workflow.ts';
import { type Deed, hasRole, refuseArchived } from '../world.ts';

export interface CheckChange {
  name?: string | undefined;
  details_url?: string | undefined;
  external_id?: string | undefined;
  status?: CheckRun['status'] | undefined;
  started_at?: string | undefined;
  completed_at?: string | undefined;
  conclusion?: string | undefined;
  output?:
    | {
        title?: string | undefined;
        summary: string;
        text?: string | undefined;
        annotations?: Annotation[] | undefined;
      }
    | undefined;
  actions?: CheckRun['actions'] | undefined;
}

export async function createCheckRun(
  deed: Deed,
  input: CheckChange & { name: string; head_sha: string; suite?: CheckSuite },
): Promise<CheckRun> {
  const { world, repository } = deed;
  refuseArchived(repository);
  refusePeople(deed);
  refuseOpenEnd(input);
  if (!(await repository.git.exists(input.head_sha, 'commit'))) {
    throw new GitHubError(422, `No commit found for SHA: ${input.head_sha}`);
  }
  const run: CheckRun = {
    id: world.newId(),
    suite: input.suite ?? (await suiteOf(deed, input.head_sha)),
    name: input.name,
    headSha: input.head_sha,
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: world.clock.now(),
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    log: null,
    actions: [],
  };
  apply(deed, run, input);
  repository.checkRuns.set(run.id, run);
  emitCheck(deed, run, 'created');
  if (run.status === 'completed') emitEnd(deed, run);
  return run;
}

export function updateCheckRun(deed: Deed, run: CheckRun, input: CheckChange): void {
  refuseArchived(deed.repository);
  refusePeople(deed);
  refuseOpenEnd(input);
  const was = run.status;
  apply(deed, run, input);
  if (was !== 'completed' && run.status === 'completed') emitEnd(deed, run);
}

function refusePeople({ actor }: Deed): void {
  if (actor.permissions === null) throw new GitHubError(403, 'You must authenticate via a GitHub App.');
}

function refuseOpenEnd(input: CheckChange): void {
  if (input.status !== 'completed' || input.conclusion !== undefined) return;
  throw new GitHubError(
    422,
    'Invalid request.\n\nNo subschema in "anyOf" matched.\n"conclusion" wasn\'t supplied.',
  );
}

/** A suite holds what one App reports on one commit. */
async function suiteOf(deed: Deed, sha: string): Promise<CheckSuite> {
  const { world, repository, actor } = deed;
  const app = actor.user === world.actions.bot ? world.actions : world.app;
  const known = repository.checkSuites.get(`${app.id} ${sha}`);
  if (known) return known;
  const branches = [...(await repository.git.refs('refs/heads/'))];
  const headBranch = branches.find(([, tip]) => tip === sha)?.[0].slice('refs/heads/'.length) ?? null;
  const headCommit = await shapeCommitOf(repository, sha);
  const suite = {
    ...{ id: world.newId(), headSha: sha, headBranch, headCommit, app, createdAt: world.clock.now() },
  };
  repository.checkSuites.set(`${app.id} ${sha}`, suite);
  return suite;
}

function apply({ world }: Deed, run: CheckRun, input: CheckChange): void {
  const now = world.clock.now();
  run.name = input.name ?? run.name;
  run.detailsUrl = input.details_url ?? run.detailsUrl;
  run.externalId = input.external_id ?? run.externalId;
  if (input.started_at) run.startedAt = Date.parse(input.started_at);
  if (input.status && input.status !== 'completed')
    Object.assign(run, { status: input.status, conclusion: null, completedAt: null });
  if (input.conclusion) {
    run.status = 'completed';
    run.conclusion = input.conclusion;
    run.completedAt = input.completed_at ? Date.parse(input.completed_at) : now;
  }
  if (input.actions) run.actions = input.actions;
  if (!input.output) return;
  const { title, summary, text, annotations } = input.output;
  run.output = { title: title ?? run.output.title, summary, text: text ?? run.output.text };
  run.annotations.push(...(annotations ?? []));
}

/** A person clicks one of the buttons that the App put on a check run. */
export function requestAction(deed: Deed, run: CheckRun, identifier: string): void {
  refuseReaders(deed);
  if (!run.actions.some(action => action.identifier === identifier)) throw notFound();
  emitCheck(deed, run, 'requested_action', { requested_action: { identifier } });
}

/** Asks the App to do the check again; the run itself stays as it is. */
export function rerequestCheck(deed: Deed, run: CheckRun): void {
  refuseReaders(deed);
  emitCheck(deed, run, 'rerequested');
}

function refuseReaders({ repository, actor }: Deed): void {
  refuseArchived(repository);
  if (actor.permissions || hasRole(repository, actor.user, 'write')) return;
  throw new GitHubError(403, 'Must have admin rights to Repository.');
}

function emitCheck(deed: Deed, run: CheckRun, action: string, more: Record<string, unknown> = {}): void {
  const check_run = shapeCheckRunEvent(deed.world, deed.repository, run);
  emit(deed, 'check_run', action, { check_run, ...more });
}

/** With the last of its runs the suite has ended too. */
function emitEnd(deed: Deed, run: CheckRun): void {
  emitCheck(deed, run, 'completed');
  const { world, repository } = deed;
  const check_suite = shapeSuite(world, repository, run.suite);
  if (check_suite.status === 'completed')
    emit(deed, 'check_suite', 'completed', { check_suite: { ...check_suite, ...SUITE_EVENT } });
}

const SUITE_EVENT = { latest_check_runs_count: 1, check_runs_url: '' };

export interface JobResult {
  name: string;
  conclusion: 'success' | 'failure' | 'cancelled' | null;
  annotations?: Annotation[];
  log?: string;
}

/** What a workflow of GitHub Actions tells of a commit; without a conclusion the job runs still. */
export async function reportJob(deed: Deed, head_sha: string, job: JobResult): Promise<CheckRun> {
  const { name, conclusion, annotations = [], log = '' } = job;
  const run = await createCheckRun(deed, { name, head_sha, status: 'in_progress' });
  run.log = log;
  if (conclusion !== null)
    updateCheckRun(deed, run, { conclusion, output: { title: name, summary: '', annotations } });
  return run;
}

export function findCheckRun({ repository }: Pick<Deed, 'repository'>, id: unknown): CheckRun {
  const run = repository.checkRuns.get(Number(id));
  if (!run) throw notFound();
  return run;
}

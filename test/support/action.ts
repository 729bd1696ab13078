import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { bundleAction } from '../../script/bundle/bundle.ts';
import type { JobRecord } from '../../src/simulator/runner/run-job.ts';
import { type Runner, startRunner } from '../../src/simulator/runner/runner.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Job, RunnerSide, Step } from '../../src/simulator/workflows/job.ts';
import { commentsOf, populate, REPOSITORY, repositoryOf, type TestAppOptions, testSettings } from './app.ts';
import { temporaryDirectory } from './temporary.ts';
import { validated } from './validated.ts';
import { openWatch } from './watch.ts';

/** How workflows of tests refer to the Action: `uses: orch/orch/action@v1`. */
export const ACTION = 'orch/orch/action';

export interface TestActionOptions
  extends Pick<TestAppOptions, 'agents' | 'settings' | 'files' | 'repository' | 'chosen'> {
  /** How many runners there are, each with a home of its own; 1 unless told. */
  runners?: number;
  /** Added to the environment that the runners were started with. */
  env?: Record<string, string>;
  /** How long a cancelled step gets, in ms; GitHub's unless told. */
  patience?: { interrupt: number; terminate: number };
}

export interface TestAction extends AsyncDisposable {
  github: Simulator;
  runners: Runner[];
  /** Commits `.github/workflows/NAME` to the default branch. */
  writeWorkflow(name: string, text: string): Promise<void>;
  /** The job that ended as the first, second, … of all. */
  ended(number: number): Promise<JobRecord>;
  /** Resolves with what `look` finds, as soon as it finds something. */
  until<T>(look: () => T | null | undefined | false): Promise<T>;
  /** Comments of an issue as `login: body`. */
  comments(issue: number): string[];
  /** Cancels a job that runs, as the page of its workflow run does. */
  cancel(job: Job): void;
  /** Violations of GitHub's description that this test provokes by itself. */
  forgive(violation: RegExp): void;
}

/** The simulated GitHub with the Action's bundle on runners; git, tmux and agents are real. */
export async function startTestAction(options: TestActionOptions = {}): Promise<TestAction> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory()).path;
  const action = await bundledAction();
  const github = await startSimulator();
  const validation = stack.use(validated(github));
  stack.use(github);
  await populate(github, options);
  const { notify, until } = stack.use(openWatch());
  github.onExchange(notify);
  const jobs = await startJobs(github);
  const records: JobRecord[] = [];
  const ended = (record: JobRecord) => {
    records.push(record);
    notify();
  };
  const runners: Runner[] = [];
  for (let number = 1; number <= (options.runners ?? 1); number += 1) {
    const home = join(folder, `r${number}`);
    await mkdir(home);
    await writeFile(join(home, 'orch.yaml'), stringify(testSettings(options)));
    const { PATH = '', TMPDIR = '' } = process.env;
    const runner = startRunner({
      name: `runner-${number}`,
      labels: ['self-hosted', 'orch'],
      side: jobs,
      githubUrl: github.url,
      directory: home,
      actions: { [ACTION]: action },
      environment: { PATH, TMPDIR, HOME: home, ORCH_CONFIG: join(home, 'orch.yaml'), ...options.env },
      ...(options.patience ? { patience: options.patience } : {}),
      ended,
    });
    runners.push(stack.use(runner));
  }
  const owned = stack.move();
  return {
    github,
    runners,
    writeWorkflow: async (name, text) => {
      jobs.workflows.set(name, text);
    },
    ended: number => until(() => records[number - 1]),
    until,
    comments: issue => commentsOf(github, issue),
    cancel: jobs.cancel,
    forgive: validation.forgive,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The folder with action.yml and the bundle: built once for all tests of a run, which share their TMPDIR. */
async function bundledAction(): Promise<string> {
  const built = join(tmpdir(), 'action-of-tests');
  const isThere = await readFile(join(built, 'action.yml')).catch(() => null);
  if (isThere) return built;
  const making = await mkdtemp(`${built}-`);
  const files = Object.entries(await bundleAction()).map(
    ([name, text]) => [join('dist', name), text] as const,
  );
  const manifest = await readFile(join(import.meta.dirname, '../../action/action.yml'), 'utf8');
  await mkdir(join(making, 'dist'));
  for (const [name, text] of [...files, ['action.yml', manifest] as const])
    await writeFile(join(making, name), text);
  // Who builds at the same time comes to the same.
  await rename(making, built).catch(() => rm(making, { recursive: true }));
  return built;
}

/** Each event of the repository is a job of each workflow that names it in `on:`. */
async function startJobs(
  github: Simulator,
): Promise<RunnerSide & { workflows: Map<string, string>; cancel(job: Job): void }> {
  const workflows = new Map<string, string>();
  const queue: Job[] = [];
  const listeners = new Set<() => void>();
  const cancels = new Map<Job, AbortController>();
  // Nobody listens there: what counts is that it was sent.
  github.setWebhook('http://127.0.0.1:9/');
  const repository = repositoryOf(github);
  const sha = (await repository.git.run(['rev-parse', 'refs/heads/main'])).trim();
  let runs = 0;
  const enqueue = (name: string, text: string, event: Job['event'], actor: Job['actor']) => {
    const { permissions, jobs } = parse(text) as {
      permissions?: Record<string, 'read' | 'write'>;
      jobs: Record<
        string,
        { permissions?: Record<string, 'read' | 'write'>; steps: Record<string, unknown>[] }
      >;
    };
    for (const [key, job] of Object.entries(jobs)) {
      runs += 1;
      const cancel = new AbortController();
      const queued: Job = {
        id: github.world.newId(),
        name: key,
        run: { id: 9_000_000 + runs, number: runs, attempt: 1 },
        repository: { id: repository.id, fullName: REPOSITORY, ownerId: repository.owner.id },
        workflow: name,
        workflowRef: `${REPOSITORY}/.github/workflows/${name}@refs/heads/main`,
        labels: ['self-hosted'],
        event,
        sha,
        ref: 'refs/heads/main',
        actor,
        token: jobToken(github, job.permissions ?? permissions ?? {}),
        env: {},
        steps: job.steps.map(asStep),
        cancelled: cancel.signal,
      };
      cancels.set(queued, cancel);
      queue.push(queued);
    }
    for (const listener of listeners) listener();
  };
  github.onDelivery(({ event, payload }) => {
    const { installation: _, ...rest } = payload;
    const { login, id } = payload.sender as Job['actor'];
    for (const [name, text] of workflows) {
      const { on } = parse(text) as { on: object | string };
      if (typeof on === 'string' ? on === event : event in on)
        enqueue(name, text, { name: event, payload: rest }, { login, id });
    }
  });
  return {
    workflows,
    cancel: job => cancels.get(job)?.abort(),
    take: () => queue.shift() ?? null,
    onQueued(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    report() {},
  };
}

function asStep(step: Record<string, unknown>): Step {
  const env = Object(step.env) as Record<string, string>;
  const common = {
    id: null,
    name: String(step.name ?? step.uses ?? 'script'),
    if: String(step.if ?? ''),
    env,
  };
  return typeof step.run === 'string'
    ? { ...common, run: step.run }
    : { ...common, uses: String(step.uses), with: Object(step.with) as Record<string, string> };
}

function jobToken(github: Simulator, permissions: Record<string, 'read' | 'write'>): string {
  const token = `ghs_${github.world.newId()}job`;
  const installation = [...github.world.installations.values()][0];
  if (!installation) throw new Error('the App is not installed');
  const names = Object.entries(permissions).map(([name, level]) => [name.replaceAll('-', '_'), level]);
  github.world.tokens.set(token, {
    kind: 'installation',
    installation,
    repositoryIds: null,
    permissions: { metadata: 'read', ...Object.fromEntries(names) },
    expiresAt: github.world.clock.now() + 3_600_000,
  });
  return token;
}

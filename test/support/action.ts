import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { bundleAction } from '../../script/bundle/bundle.ts';
import type { JobRecord } from '../../src/simulator/runner/run-job.ts';
import { type Runner, startRunner } from '../../src/simulator/runner/runner.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import type { Job } from '../../src/simulator/workflows/job.ts';
import type { WorkflowRun } from '../../src/simulator/workflows/run.ts';
import { readWorkflow } from '../../src/simulator/workflows/workflow-file.ts';
import { commentsOf, populate, REPOSITORY, type TestAppOptions, testSettings } from './app.ts';
import { temporaryDirectory } from './temporary.ts';
import { validated } from './validated.ts';
import { openWatch, type Watch } from './watch.ts';

/** How workflows of tests refer to the Action: `uses: orch/orch/action@v1`. */
export const ACTION = 'orch/orch/action';

export interface TestActionOptions
  extends Pick<TestAppOptions, 'agents' | 'settings' | 'files' | 'repository' | 'chosen'>,
    RunnersOptions {
  /** Of the App on that GitHub, where it is not as app.yml says. */
  app?: NonNullable<SimulatorOptions['app']>;
}

interface RunnersOptions {
  /** How many runners there are, each with a home of its own; 1 unless told. */
  runners?: number;
  /** Beside `self-hosted` and `orch`, such as `ubuntu-latest`. */
  labels?: readonly string[];
  /** Added to the environment that the runners were started with. */
  env?: Record<string, string>;
  /** How long a cancelled step gets, in ms; GitHub's unless told. */
  patience?: { interrupt: number; terminate: number };
}

export interface TestRunners extends AsyncDisposable {
  runners: Runner[];
  /** What was done by now, in the order in which it ended. */
  records: JobRecord[];
  /** The job that ended as the first, second, … of all. */
  ended(number: number): Promise<JobRecord>;
}

export interface TestAction extends TestRunners {
  github: Simulator;
  /** Commits `.github/workflows/NAME` to the default branch. */
  writeWorkflow(name: string, text: string): Promise<void>;
  /** The workflow runs of now, oldest first. */
  runs(): WorkflowRun[];
  /** The nth workflow run of all, once it is over. */
  runEnded(number: number): Promise<WorkflowRun>;
  /** Resolves with what `look` finds, as soon as it finds something. */
  until<T>(look: () => T | null | undefined | false): Promise<T>;
  /** Comments of an issue as `login: body`. */
  comments(issue: number): string[];
  /** Cancels the workflow run of a job, as its page does. */
  cancel(job: Job): void;
  /** Violations of GitHub's description that this test provokes by itself. */
  forgive(violation: RegExp): void;
}

/** The simulated GitHub with the Action's bundle on runners, and no App; git, tmux and agents are real. */
export async function startTestAction(options: TestActionOptions = {}): Promise<TestAction> {
  await using stack = new AsyncDisposableStack();
  const github = await startSimulator(options.app ? { app: options.app } : {});
  const validation = stack.use(validated(github));
  stack.use(github);
  await populate(github, options);
  const watch = stack.use(openWatch());
  github.onExchange(watch.notify);
  github.workflows.onChange(watch.notify);
  const runners = stack.use(await startTestRunners(github, watch, testSettings(options), options));
  const owned = stack.move();
  const runs = () => [...github.workflows.runs.values()];
  return {
    ...runners,
    github,
    writeWorkflow: (name, text) => writeWorkflow(github, name, text),
    runs,
    runEnded: number =>
      watch.until(() => {
        const run = runs()[number - 1];
        return run?.status === 'completed' && run;
      }),
    until: watch.until,
    comments: issue => commentsOf(github, issue),
    cancel: ({ run }) => github.workflows.cancel(github.workflows.runs.get(run.id) as WorkflowRun, false),
    forgive: validation.forgive,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Commits `.github/workflows/NAME` to the default branch of acme/shop. Throws for what is no workflow. */
export async function writeWorkflow(github: Simulator, name: string, text: string): Promise<void> {
  readWorkflow(text);
  await github.pushCommit(REPOSITORY, 'main', { [`.github/workflows/${name}`]: text }, 'acme');
}

/** Runners of a simulated GitHub with the Action's bundle, and settings in the home of each. */
export async function startTestRunners(
  github: Simulator,
  { notify, until }: Watch,
  settings: object,
  { runners: count = 1, labels = [], env, patience }: RunnersOptions,
): Promise<TestRunners> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory()).path;
  const action = await bundledAction();
  const records: JobRecord[] = [];
  const runners: Runner[] = [];
  for (let number = 1; number <= count; number += 1) {
    const home = join(folder, `r${number}`);
    await mkdir(home);
    await writeFile(join(home, 'orch.yaml'), stringify(settings), { mode: 0o600 });
    const { PATH = '', TMPDIR = '' } = process.env;
    const runner = startRunner({
      name: `runner-${number}`,
      labels: ['self-hosted', 'orch', ...labels],
      side: github.workflows.runnerSide,
      githubUrl: github.url,
      directory: home,
      actions: { [ACTION]: action },
      environment: { PATH, TMPDIR, HOME: home, ORCH_CONFIG: join(home, 'orch.yaml'), ...env },
      ...(patience ? { patience } : {}),
      ended(record) {
        records.push(record);
        notify();
      },
    });
    runners.push(stack.use(runner));
  }
  const owned = stack.move();
  return {
    runners,
    records,
    ended: number => until(() => records[number - 1]),
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

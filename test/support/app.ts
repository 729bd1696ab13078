import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { readAppEnvironment } from '../../src/config/environment.ts';
import { homePaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type App, startApp } from '../../src/daemon/app.ts';
import { ownSecrets } from '../../src/daemon/own-secrets.ts';
import { proofOf } from '../../src/proof/due.ts';
import { type Log, openLog, silentLog } from '../../src/shared/log.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import type { TaskState } from '../../src/task/states.ts';
import { removeGroups } from './groups.ts';
import { temporaryDirectory } from './temporary.ts';
import { validated } from './validated.ts';
import { endedIn, impatientClock, openWatch } from './watch.ts';

export interface TestApp extends AsyncDisposable {
  github: Simulator;
  home: string;
  readonly daemon: App;
  /** Resolves with what `look` finds, as soon as it finds something; looked at when anything happens. */
  until<T>(look: () => T | null | undefined | false): Promise<T>;
  task(id: number): Task;
  runs(id: number): Run[];
  /** The task once it is in this state and its last run has ended. */
  ended(id: number, state: TaskState): Promise<Task>;
  /** Everything that can happen by itself has happened. */
  quiet(): Promise<void>;
  /** Comments of an issue as `login: body`. */
  comments(issue: number): string[];
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Violations of GitHub's description that this test provokes by itself. */
  forgive(violation: RegExp): void;
}

export const REPOSITORY = 'acme/shop';
const WEBHOOK_PATH = '/api/github/webhooks';

export interface TestAppOptions {
  /** An empty folder that outlives the App; else it gets one of its own. */
  home?: string;
  log?: Log;
  /** Each agent by name: a shell script, run in the worktree. */
  agents?: Record<string, string>;
  settings?: Record<string, unknown>;
  files?: Record<string, string>;
  repository?: Record<string, unknown>;
  /** Install the App on this repository instead of on all of its account. */
  chosen?: boolean;
  /** Added to the daemon's environment. */
  env?: Record<string, string>;
  /** What the App may and hears, where that is more than app.yml says. */
  app?: SimulatorOptions['app'];
}

/** A commit, pushed, with a pull request: what an agent should do. */
export const GOOD_AGENT = `
  echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it' &&
  git push -q && gh pr create --title 'Fix it' --body 'Fixed.' && orch done`;

/** The App on the simulated GitHub, within this process; git, tmux, SQLite and agents are real. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  await using stack = new AsyncDisposableStack();
  const home = options.home ?? stack.use(await temporaryDirectory()).path;
  const github = await startSimulator(options.app ? { app: options.app } : {});
  const validation = stack.use(validated(github));
  stack.use(github);
  await populate(github, options);
  const { notify, until } = stack.use(openWatch());
  github.onExchange(notify);
  github.onDelivery(notify);
  let running: Running | null = null;
  const start = async () => {
    running = await startOnce(github, home, options, notify);
  };
  const stop = async () => {
    await running?.stop();
    running = null;
  };
  await start();
  stack.defer(() => removeGroups(home));
  stack.defer(() => closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() })));
  stack.defer(stop);
  const store = () => (running as Running).daemon.store;
  const owned = stack.move();
  return {
    github,
    home,
    get daemon() {
      return (running as Running).daemon;
    },
    until,
    task: id => store().tasks.get(id) as Task,
    runs: id => store().runs.ofTask(id),
    ended: (id, state) => until(() => running !== null && endedIn(store(), id, state)),
    async quiet() {
      await github.idle();
      await until(() => running === null || store().inbox.waiting() === 0);
      await until(() => running === null || isTested(store()));
      await until(() => running === null || store().journal.behind('github').length === 0);
      await until(() => running === null || store().journal.behind('recorder').length === 0);
    },
    comments: issue => commentsOf(github, issue),
    start,
    stop,
    forgive: validation.forgive,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** No completed task waits for its tests. */
function isTested(store: Store): boolean {
  return store.tasks.withOpenPull().every(task => proofOf(store, task) !== 'due');
}

interface Running {
  daemon: App;
  stop(): Promise<void>;
}

/** Signs the known CLIs in, wherever a test has one play; root without a sandbox is welcome to them. */
const LOGINS = {
  ANTHROPIC_API_KEY: 'key-of-tests-for-claude',
  OPENAI_API_KEY: 'key-of-tests-for-codex',
  GEMINI_API_KEY: 'key-of-tests-for-gemini',
  IS_SANDBOX: '1',
};

async function startOnce(
  github: Simulator,
  home: string,
  options: TestAppOptions,
  notify: () => void,
): Promise<Running> {
  const { settings } = loadSettings({
    env: { ORCH_HOME: home, HOME: home },
    text: stringify(testSettings(options)),
  });
  const credentials = readAppEnvironment(github.credentials, () => '');
  if (credentials === 'setup') throw new Error('the simulator gives credentials');
  // ORCH_TEST_LOG=debug npx vitest run test/e2e shows what the daemon thinks.
  const env = { PATH: process.env.PATH, HOME: home, ...LOGINS, ...github.credentials, ...options.env };
  const secrets = ownSecrets({ credentials, settings, env });
  const { redact } = secrets;
  const log = options.log ?? openLog({ level: process.env.ORCH_TEST_LOG ?? 'silent', stderr: true, redact });
  const daemon = await startApp({ settings, credentials, env, clock: impatientClock, log, secrets });
  const news = daemon.store.journal.onAppend(notify);
  const server = createServer((request, response) => {
    if (!daemon.front(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  github.setWebhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}${WEBHOOK_PATH}`);
  return {
    daemon,
    async stop() {
      github.setWebhook(null);
      news[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise(done => server.close(done));
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** Settings with these agents, each a shell script. */
export function testSettings({ agents = { good: GOOD_AGENT }, settings = {} }: TestAppOptions) {
  const profiles = Object.entries(agents).map(([name, script]) => [
    name,
    { command: ['sh', '-c', script], max_instances: 10 },
  ]);
  return {
    github: { throttle: false },
    agents: Object.fromEntries(profiles),
    sandbox: { kind: 'none', allow_unsandboxed: true },
    task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 },
    ...settings,
  };
}

/** The repository acme/shop with the App on it, people of each role, and an issue. */
export async function populate(
  github: Simulator,
  { files = { 'README.md': '# Shop\n' }, repository = {}, chosen }: TestAppOptions,
) {
  github.addUser('acme', { type: 'Organization' });
  for (const user of ['writer', 'reader', 'stranger', 'triager']) github.addUser(user);
  await github.createRepository({ owner: 'acme', name: 'shop', files, ...repository });
  github.addCollaborator(REPOSITORY, 'writer', 'write');
  github.addCollaborator(REPOSITORY, 'reader', 'read');
  github.addCollaborator(REPOSITORY, 'triager', 'triage');
  github.installApp('acme', chosen ? { repositories: [REPOSITORY] } : {});
  await github.openIssue(REPOSITORY, {
    title: 'The total is wrong',
    body: 'It leaves the quantity out.',
    user: 'reader',
  });
}

/** Comments of an issue as `login: body`. */
export function commentsOf(github: Simulator, issue: number): string[] {
  const comments = [...repositoryOf(github).comments.values()].filter(
    comment => comment.issueNumber === issue,
  );
  return comments.map(comment => `${comment.user.login}: ${comment.body}`);
}

/** The repository as the simulated GitHub has it. */
export function repositoryOf(github: Simulator) {
  return [...github.world.repositories.values()][0] as NonNullable<
    ReturnType<Simulator['world']['repositories']['get']>
  >;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { homePaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type Desk, startDesk } from '../../src/daemon/desk.ts';
import { ownSecrets } from '../../src/daemon/own-secrets.ts';
import type { Asked, Wish } from '../../src/forge/wish.ts';
import { findRepository } from '../../src/local/repository.ts';
import { openLog, silentLog } from '../../src/shared/log.ts';
import { runProgram } from '../../src/shared/program.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import type { TaskState } from '../../src/task/states.ts';
import { GOOD_AGENT } from './app.ts';
import { temporaryDirectory } from './temporary.ts';
import { endedIn, impatientClock, openWatch } from './watch.ts';

export interface TestDesk extends AsyncDisposable {
  /** The person's repository, with `main` checked out. */
  folder: string;
  readonly desk: Desk;
  /** Runs git there; gives what it printed. */
  git(...args: string[]): Promise<string>;
  /** Asks for a task, and gives its number. */
  ask(instruction: string, wish?: Partial<Wish>): Promise<number>;
  until<T>(look: () => T | null | undefined | false): Promise<T>;
  task(id: number): Task;
  runs(id: number): Run[];
  /** The task once it is in this state and its last run has ended. */
  ended(id: number, state: TaskState): Promise<Task>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface TestDeskOptions {
  /** Each agent by name: a shell script, run in the worktree. */
  agents?: Record<string, string>;
  settings?: Record<string, unknown>;
  files?: Record<string, string>;
}

/** The daemon of a desk within this process; git, tmux, SQLite and agents are real. */
export async function startTestDesk(options: TestDeskOptions = {}): Promise<TestDesk> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const folder = join(path, 'shop');
  const git = (...args: string[]) => runProgram('git', ['-C', folder, ...args]);
  await populate(folder, options.files ?? { 'README.md': '# Shop\n' }, git);
  const home = join(folder, '.orch');
  const { notify, until } = stack.use(openWatch());
  let desk: Desk | null = null;
  const start = async () => {
    desk = await open(folder, options);
    desk.store.journal.onAppend(notify);
  };
  const stop = async () => {
    await desk?.[Symbol.asyncDispose]();
    desk = null;
  };
  await start();
  stack.defer(() => closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() })));
  stack.defer(stop);
  const store = () => (desk as Desk).store;
  const owned = stack.move();
  return {
    folder,
    get desk() {
      return desk as Desk;
    },
    git,
    async ask(instruction, wish = {}) {
      const plain = { options: {}, contextFiles: [], source: null, needs: [], parent: null };
      const [asked] = await (desk as Desk).ask([{ instruction, ...plain, ...wish }], null);
      return (asked as Asked).task.id;
    },
    until: look => until(() => desk && look()),
    task: id => store().tasks.get(id) as Task,
    runs: id => store().runs.ofTask(id),
    ended: (id, state) => until(() => desk && endedIn(store(), id, state)),
    start,
    stop,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function populate(folder: string, files: Record<string, string>, git: TestDesk['git']): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await runProgram('git', ['init', '-q', '-b', 'main', folder]);
  await git('config', 'user.name', 'Ann');
  await git('config', 'user.email', 'ann@example.com');
  await git('add', '.');
  await git('commit', '-qm', 'Start');
}

async function open(folder: string, options: TestDeskOptions): Promise<Desk> {
  const { agents = { good: GOOD_AGENT } } = options;
  const profiles = Object.entries(agents).map(([name, script]) => [
    name,
    { command: ['sh', '-c', script], max_instances: 5 },
  ]);
  const text = stringify({
    agents: Object.fromEntries(profiles),
    task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 },
    ...options.settings,
  });
  const { settings } = loadSettings({ env: { HOME: folder }, text, desk: { folder, agents: null } });
  const env = { PATH: process.env.PATH, HOME: folder };
  const secrets = ownSecrets({ credentials: null, settings, env });
  const log = openLog({
    level: process.env.ORCH_TEST_LOG ?? 'silent',
    stderr: true,
    redact: secrets.redact,
  });
  const repository = await findRepository(folder);
  return await startDesk({ settings, repository, env, clock: impatientClock, log, secrets });
}

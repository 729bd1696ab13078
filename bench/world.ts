import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { askDaemon } from '../src/cli/daemon-client.ts';
import { type DemoApp, startApp } from '../src/demo/app.ts';
import type { EventView, RunView, TaskView } from '../src/record/views.ts';
import { OrchError } from '../src/shared/errors.ts';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';

export const REPOSITORY = 'acme/shop';
const WRITER = 'maintainer';

/** A simulated GitHub with one repository of so many files, the App installed, and someone who may ask. */
export async function startGithub(directory: string, files: number): Promise<Simulator> {
  await mkdir(directory, { recursive: true });
  const github = await startSimulator({ directory });
  github.addUser('acme', { type: 'Organization' });
  github.addUser(WRITER);
  await github.createRepository({ owner: 'acme', name: 'shop', files: sourceFiles(files) });
  github.addCollaborator(REPOSITORY, WRITER, 'write');
  github.installApp('acme');
  return github;
}

export interface Orch extends DemoApp {
  pid: number;
}

/** `orch serve` as a child process, taking the simulated GitHub's webhooks; its agent tells that it runs, and ends. */
export async function startOrch(github: Simulator, home: string): Promise<Orch> {
  await mkdir(home, { recursive: true });
  const app = await startApp({
    home,
    credentials: github.credentials,
    agents: { bench: { command: agentCommand(home), retry_on_failure: false } },
    sandbox: { kind: 'none', allow_unsandboxed: true },
    // Each workspace goes as soon as its task is over: the disk is the same at each pair.
    settings: { task_queue: { max_retries: 0 }, workspaces: { keep_days: 0 } },
  });
  github.setWebhook(app.webhookUrl);
  const { pid } = await askDaemon<{ pid: number }>(home, 'GET', '/api/orchestrator');
  return { ...app, pid };
}

/** The agent of both sides. It writes the time at which its process began into a new file of the folder. */
export function agentCommand(folder: string): string[] {
  return [process.execPath, join(import.meta.dirname, 'agent.js'), folder];
}

/** A comment on an issue of its own. Gives when its delivery was answered, that is: on disk (ms since 1970). */
export async function comment(github: Simulator, body: string): Promise<{ payload: unknown; at: number }> {
  const issue = await github.openIssue(REPOSITORY, { title: 'Measure', user: WRITER });
  await github.idle();
  const { promise, resolve } = Promise.withResolvers<{ payload: unknown; at: number }>();
  using _listening = github.onDelivery(({ payload }) => resolve({ payload, at: Date.now() }));
  await github.comment(REPOSITORY, issue.number, body, WRITER);
  return await promise;
}

export type Story = TaskView & { runs: RunView[]; events: EventView[] };

/** Waits until the task is over, its workspace gone, and GitHub told. */
export async function endOfTask(
  { home }: Pick<Orch, 'home'>,
  github: Simulator,
  name: string,
  signal: AbortSignal,
): Promise<Story> {
  const story = await eventually(signal, `the end of ${name}`, async () => {
    // The delivery is on disk, but nobody may have made a task of it yet.
    const story = await askDaemon<Story>(home, 'GET', `/api/tasks/${name}`).catch(unlessUnknown);
    return story?.events.some(event => event.type === 'workspace:removed') ? story : null;
  });
  let last = Date.now();
  using _watching = github.onExchange(() => {
    last = Date.now();
  });
  await eventually(signal, 'quiet', () => Date.now() - last > QUIET_MS || null);
  return story;
}

/** Waits until every delivery that was recorded is handled. */
export async function emptyInbox({ home }: Orch, signal: AbortSignal): Promise<void> {
  await eventually(signal, 'an empty inbox', async () => {
    const { inbox } = await askDaemon<{ inbox: number }>(home, 'GET', '/api/orchestrator');
    return inbox === 0 || null;
  });
}

/** Bare Probot with an open database as a child process; the counterpart of `startOrch`. */
export async function startProbot(
  github: Simulator,
  directory: string,
): Promise<{ pid: number; webhookUrl: string } & AsyncDisposable> {
  await mkdir(directory, { recursive: true });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-probot.js')], {
    cwd: directory,
    env: { ...process.env, ...github.credentials },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [webhookUrl] = await Promise.race([
    once(createInterface({ input: child.stdout as Readable }), 'line'),
    ended.then(() => Promise.reject(new Error('bare Probot did not start'))),
  ]);
  return {
    pid: child.pid as number,
    webhookUrl,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Asks again until there is an answer. Gives up after a minute: what is measured here takes seconds. */
export async function eventually<T>(
  signal: AbortSignal,
  what: string,
  ask: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== null) return answer;
    await delay(10, undefined, { signal });
  }
  throw new Error(`Waited a minute for ${what}`);
}

function unlessUnknown(error: unknown): null {
  if (error instanceof OrchError && error.code === 'E_UNKNOWN_TASK') return null;
  throw error;
}

const QUIET_MS = 300;
const FILE_BYTES = 2000;

/** Text files of 2 kB, fifty to a folder. */
function sourceFiles(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `source/${Math.floor(index / 50)}/${index}.txt`,
      `This is line ${index} of many.\n`.repeat(100).slice(0, FILE_BYTES),
    ]),
  );
}

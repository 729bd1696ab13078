import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openSandboxes } from '../agent/sandbox/choose.ts';
import { parseComment } from '../command/comment.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { listenForStop } from '../shared/signals.ts';
import { addPages } from '../simulator/pages/pages.ts';
import { type SimulatorOptions, startSimulator } from '../simulator/simulator.ts';
import { actionPlay } from './action-play.ts';
import { executorPlay, executorsApp, TASKS } from './executor-play.ts';
import { makeHome } from './folder.ts';
import type { Outcome } from './outcome.ts';
import type { Play, Scene } from './play.ts';
import { findAgent, SCRIPTED_MODELS } from './profiles.ts';
import { INSTRUCTION, REPOSITORY, seed, WRITER } from './seed.ts';
import { serverPlay } from './server-play.ts';

export interface DemoOptions {
  mode?: string;
  once?: boolean;
  json?: boolean;
  agent: string;
  repository?: string;
  instruction?: string;
  port: string;
}

interface Mode {
  begin(scene: Scene): Promise<Play>;
  /** How many issues are asked about. */
  issues: number;
  /** Null: there is none. */
  app: (() => NonNullable<SimulatorOptions['app']>) | null;
}

const MODES: Readonly<Record<string, Mode>> = {
  server: { begin: serverPlay, issues: 1, app: () => ({}) },
  action: { begin: actionPlay, issues: 1, app: null },
  executor: { begin: executorPlay, issues: TASKS, app: executorsApp },
};

/**
 * `orch demo`: the whole of Orch on the simulated GitHub, on loopback, without credentials. A comment is written, and what
 * then happens is told as it happens; every figure at the end is read back from the simulated GitHub.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const tell = options.json ? () => {} : (text: string) => void process.stdout.write(`${text}\n`);
  const began = Date.now();
  const mode = readMode(options.mode ?? 'server');
  const port = readPort(options.port);
  const command = asCommand(options.instruction ?? INSTRUCTION);
  const agents = { [options.agent]: findAgent(options.agent, process.env) };
  using stop = listenForStop();
  await using stack = new AsyncDisposableStack();
  const { sandbox, words } = await findSandbox();
  const home = makeHome(sandbox.kind, process.env);
  stack.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const app = mode.app?.() ?? {};
  const github = stack.use(await startSimulator({ port, extend: addPages, app }));
  const copied = options.repository === undefined ? null : resolve(options.repository);
  await seed(github, copied, mode.app !== null);
  const play = stack.use(await mode.begin({ github, home, agents, sandbox, tell }));

  tell(`GitHub, simulated:  ${github.url}`);
  tell(`Orch:               ${play.where}`);
  tell(`Agent:              ${options.agent}, ${words}`);
  const issues: number[] = [];
  for (let count = 0; count < mode.issues; count += 1) {
    const { number } = await github.openIssue(REPOSITORY, {
      title: 'The total is wrong',
      body: 'Two of the same cost as much as one. A test shows it.',
      user: WRITER,
    });
    issues.push(number);
  }
  const [first = 0] = issues;
  const page = `${github.url}/${REPOSITORY}/issues/${first}`;
  tell(
    `${issues.length === 1 ? 'Issue: ' : 'Issues:'}             ${page}${issues.length === 1 ? '' : ' and on'}\n`,
  );
  using _story = play.narrate();
  tell(`${WRITER} comments: ${command}\n`);
  const over = play.ended();
  for (const issue of issues) await github.comment(REPOSITORY, issue, command, WRITER);
  const ended = await Promise.race([over, stop.told.then(() => 'interrupted' as const)]);
  const outcome = await play.outcome(first, (Date.now() - began) / 1000);
  if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
  else if (ended === 'interrupted') tell('\nInterrupted.');
  else conclude(outcome, tell);
  if (!outcome.ok) process.exitCode = 1;
  if (options.once || ended === 'interrupted') return;
  if (play.inside) tell(`\nLook inside with: ${play.inside}`);
  tell(`Play on at ${page}\nYou act as ${WRITER} or as visitor, who may only read. Stop with Ctrl-C.`);
  await stop.told;
}

function readMode(name: string): Mode {
  const mode = Object.hasOwn(MODES, name) ? MODES[name] : undefined;
  if (mode) return mode;
  throw new OrchError(
    'E_USAGE',
    `--mode takes ${Object.keys(MODES).join(', ')}, and ${name} is none of them`,
  );
}

/** The demo's agents are scripts, or the user's own programs: where the host has no sandbox they run without one. */
async function findSandbox(): Promise<{ sandbox: { kind: string; [key: string]: unknown }; words: string }> {
  try {
    const { kind } = await openSandboxes({
      kind: 'auto',
      network: 'none',
      image: null,
      env: process.env,
    }).find();
    // Models on loopback are out of reach behind Orch's own proxy.
    const network = process.env[SCRIPTED_MODELS] ? 'open' : 'listed';
    return { sandbox: { kind, network }, words: `in a sandbox (${kind})` };
  } catch (error) {
    const words = `without a sandbox, as your user. ${describeError(error)}`;
    return { sandbox: { kind: 'none', allow_unsandboxed: true }, words };
  }
}

function conclude(outcome: Outcome, tell: (text: string) => void): void {
  const { task, pull_request: pull, check_runs: checks, tasks = [] } = outcome;
  tell('');
  for (const { id, status, pull_request } of tasks)
    tell(`${id} is ${status}${pull_request ? `: ${pull_request.url}` : ''}`);
  if (pull)
    tell(
      `Pull request #${pull.number}: ${pull.url}\n  ${pull.head} → ${pull.base}: ${pull.files.join(', ')}`,
    );
  for (const check of checks) tell(`Check run ${check.name}: ${check.conclusion ?? check.status}`);
  const result = outcome.ok
    ? `From comment to pull request${tasks.length > 0 ? `, ${tasks.length} times` : ''}`
    : `Not the story that was hoped for: the task is ${task?.status ?? 'missing'}`;
  tell(`${result}, in ${outcome.seconds.toFixed(1)} s.`);
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535 && text !== '') return port;
  throw new OrchError('E_USAGE', `--port takes a number from 0 to 65535, and ${text} is none`);
}

/** The comment that gives the instruction, whatever word it begins with. */
function asCommand(instruction: string): string {
  for (const comment of [`/orch ${instruction}`, `/orch -- ${instruction}`]) {
    const parsed = parseComment(comment);
    if (parsed.length === 1 && parsed[0]?.kind === 'run') return comment;
  }
  throw new OrchError('E_USAGE', '--instruction takes one instruction, and that is none');
}

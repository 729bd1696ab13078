import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openSandboxes } from '../agent/sandbox/choose.ts';
import { parseComment } from '../command/comment.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { listenForStop } from '../shared/signals.ts';
import { addPages } from '../simulator/pages/pages.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { type DemoApp, startApp } from './app.ts';
import { makeHome } from './folder.ts';
import { narrate } from './narrate.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { findAgent, SCRIPTED_MODELS } from './profiles.ts';
import { INSTRUCTION, REPOSITORY, seed, WRITER } from './seed.ts';
import { endOfStory } from './story.ts';

export interface DemoOptions {
  once?: boolean;
  json?: boolean;
  agent: string;
  repository?: string;
  instruction?: string;
  port: string;
}

/**
 * `orch demo`: the whole App on the simulated GitHub, on loopback, without credentials. A comment is written, and what
 * then happens is told as it happens; every figure at the end is read back from the simulated GitHub.
 */
export async function demo(options: DemoOptions): Promise<void> {
  const tell = options.json ? () => {} : (text: string) => void process.stdout.write(`${text}\n`);
  const began = Date.now();
  const port = readPort(options.port);
  const command = asCommand(options.instruction ?? INSTRUCTION);
  const agents = { [options.agent]: findAgent(options.agent, process.env) };
  using stop = listenForStop();
  await using stack = new AsyncDisposableStack();
  const { sandbox, words } = await findSandbox();
  const home = makeHome(sandbox.kind, process.env);
  stack.defer(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const github = stack.use(await startSimulator({ port, extend: addPages }));
  await seed(github, options.repository === undefined ? null : resolve(options.repository));
  const app: DemoApp = stack.use(await startApp({ home, credentials: github.credentials, agents, sandbox }));
  github.setWebhook(app.webhookUrl);

  tell(`GitHub, simulated:  ${github.url}`);
  tell(`Orch:               ${app.webhookUrl}`);
  tell(`Agent:              ${options.agent}, ${words}`);
  const issue = await github.openIssue(REPOSITORY, {
    title: 'The total is wrong',
    body: 'Two of the same cost as much as one. A test shows it.',
    user: WRITER,
  });
  const page = `${github.url}/${REPOSITORY}/issues/${issue.number}`;
  tell(`Issue:              ${page}\n`);
  using _story = narrate(app.home, tell);
  tell(`${WRITER} comments: ${command}\n`);
  await github.comment(REPOSITORY, issue.number, command, WRITER);
  const ended = await Promise.race([
    endOfStory(app.home, github),
    stop.told.then(() => 'interrupted' as const),
  ]);
  const outcome = await readOutcome(github, app.home, issue.number, (Date.now() - began) / 1000);
  if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
  else if (ended === 'interrupted') tell('\nInterrupted.');
  else conclude(outcome, tell);
  if (!outcome.ok) process.exitCode = 1;
  if (options.once || ended === 'interrupted') return;
  tell(`\nLook inside with: ORCH_HOME=${home} orch status`);
  tell(`Play on at ${page}\nYou act as ${WRITER} or as visitor, who may only read. Stop with Ctrl-C.`);
  await stop.told;
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
  const { task, pull_request: pull, check_runs: checks } = outcome;
  tell('');
  if (pull)
    tell(
      `Pull request #${pull.number}: ${pull.url}\n  ${pull.head} → ${pull.base}: ${pull.files.join(', ')}`,
    );
  for (const check of checks) tell(`Check run ${check.name}: ${check.conclusion ?? check.status}`);
  const result = outcome.ok
    ? 'From comment to pull request'
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

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { agentsSettings, type Profile, toProfiles } from '../src/config/profiles/agents.ts';
import { startApp } from '../src/demo/app.ts';
import type { DemoAgent } from '../src/demo/profiles.ts';
import { withScriptedModel } from '../src/demo/scripted-model.ts';
import type { Simulator } from '../src/simulator/simulator.ts';
import { isInstalled, placeOf } from '../test/agents/installs.ts';
import { startModels } from '../test/models/server.ts';
import { type Benchmark, type Context, interleave, type Measured } from './harness.ts';
import { comment, endOfTask, eventually, REPOSITORY, startGithub } from './world.ts';

/** From the comment to the pull request, against the same CLI started by hand on the same script of its model. */
export const agentOverhead: Benchmark = {
  key: 'agent_overhead_ratio',
  unit: 'ms',
  compare: 'ratio',
  wanted: 1.3,
  mostPairs: 3,
  lacks: () =>
    isInstalled(placeOf('codex', process.env)) ? null : 'codex is not there: script/agents --cli codex',
  measure,
};

/** What a model of today takes for a step, at least. */
const THINKING_MS = 2_500;
const SCRIPT = [
  { say: 'I look around.', run: 'ls && git log --oneline' },
  { run: 'cat source/0/0.txt' },
  { say: 'I change it.', run: "echo changed > source/0/0.txt && git commit -qam 'Change it'" },
  { run: "git push -q -u origin HEAD && gh pr create --title 'Change it' --body 'As asked.'" },
  { run: 'orch done' },
  { say: 'It is changed.' },
].map(step => ({ ...step, afterMs: THINKING_MS }));
const PROMPT = 'change it [[script:work]]';

const run = promisify(execFile);

async function measure(context: Context): Promise<Measured> {
  const { directory, signal } = context;
  await using github = await startGithub(join(directory, 'github'), 100);
  await using models = await startModels({ scripts: { work: () => SCRIPT } });
  const codex = prepare(directory, models.url);
  await using orch = await startApp({
    home: folder(directory, 'orch'),
    credentials: github.credentials,
    agents: { codex: codex.agent },
    sandbox: { kind: 'none', allow_unsandboxed: true },
    settings: { task_queue: { max_retries: 0 }, workspaces: { keep_days: 0 } },
  });
  github.setWebhook(orch.webhookUrl);
  let task = 0;
  return await interleave(
    context,
    async () => {
      const opened = nextPull(github, signal);
      const start = performance.now();
      await comment(github, `/orch ${PROMPT}, for the ${task + 1}. time`);
      const took = (await opened) - start;
      task += 1;
      await endOfTask(orch, github, `T${task}`, signal);
      return took;
    },
    () => byHand(github, codex, directory, signal),
  );
}

interface Codex {
  /** As in orch.yaml. */
  agent: DemoAgent;
  /** The same for who starts it by hand. */
  command: string[];
  environment: Record<string, string>;
}

/** The CLI with a home of its own, and on its PATH what it needs and no more. */
function prepare(directory: string, url: string): Codex {
  const bin = folder(directory, 'bin');
  symlinkSync(process.execPath, join(bin, 'node'));
  const path = [bin, placeOf('codex', process.env).bin, '/usr/bin', '/bin'].join(delimiter);
  const places = { PATH: path, HOME: folder(directory, 'home') };
  const agent = withScriptedModel('codex', { environment: places }, url);
  const { profiles } = toProfiles(agentsSettings.parse({ codex: agent }));
  const { command, modelArguments, model, environment } = profiles[0] as Profile;
  const words = modelArguments.map(word => word.replace('{model}', model ?? ''));
  return { agent, command: [...command, ...words], environment };
}

/** The clone is there before the clock starts; a `gh` of one line opens the pull request, and `orch` does nothing. */
async function byHand(
  github: Simulator,
  { command, environment }: Codex,
  directory: string,
  signal: AbortSignal,
): Promise<number> {
  const token = github.userToken('maintainer');
  const branch = `by-hand-${Date.now()}`;
  const tree = join(directory, branch);
  const env = {
    ...environment,
    ...gitLogin(token),
    PATH: `${tools(directory)}:${environment.PATH}`,
    TOKEN: token,
  };
  const url = `${github.url}/${REPOSITORY}.git`;
  await run('git', ['clone', '--quiet', '--branch', 'main', url, tree], { env });
  await run('git', ['switch', '--quiet', '-c', branch], { cwd: tree, env });
  const pulls = `${github.url}/api/v3/repos/${REPOSITORY}/pulls`;
  const opened = nextPull(github, signal);
  const start = performance.now();
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: tree,
    env: { ...env, PULLS: pulls, HEAD_BRANCH: branch },
    stdio: ['pipe', 'ignore', 'ignore'],
    signal,
  });
  const ended = once(child, 'exit');
  child.stdin.end(PROMPT);
  const took = (await opened) - start;
  await ended;
  return took;
}

function gitLogin(token: string): Record<string, string> {
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const entries = [
    ['http.extraHeader', `Authorization: Basic ${basic}`],
    ['user.name', 'maintainer'],
    ['user.email', 'maintainer@example.org'],
  ].flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: '3', GIT_CONFIG_NOSYSTEM: '1' };
}

const GH = `#!/usr/bin/env node
const { PULLS, TOKEN, HEAD_BRANCH } = process.env;
const body = JSON.stringify({ title: 'Change it', head: HEAD_BRANCH, base: 'main' });
const answer = await fetch(PULLS, { method: 'POST', headers: { authorization: 'token ' + TOKEN }, body });
process.exitCode = answer.ok ? 0 : 1;
`;

function tools(directory: string): string {
  const path = folder(directory, 'tools');
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(path, 'gh'), GH, { mode: 0o755 });
  writeFileSync(join(path, 'orch'), '#!/bin/sh\n', { mode: 0o755 });
  return path;
}

/** When the next pull request is there. */
async function nextPull(github: Simulator, signal: AbortSignal): Promise<number> {
  let at: number | null = null;
  using _listening = github.onExchange(({ method, path, status }) => {
    if (method === 'POST' && path.endsWith('/pulls') && status === 201) at ??= performance.now();
  });
  return await eventually(signal, 'a pull request', () => at);
}

function folder(directory: string, name: string): string {
  const path = join(directory, name);
  mkdirSync(path, { recursive: true });
  return path;
}

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith } from '../../src/agent/processes.ts';
import { withScriptedModel } from '../../src/demo/scripted-model.ts';
import type { Scripts } from '../models/script.ts';
import { type Models, startModels } from '../models/server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Install, scratchFolder } from './installs.ts';
import type { StorySandbox } from './sandboxes.ts';

/** Orch on the simulated GitHub, with real CLIs as its agents and a scripted model for them. */
export interface World extends AsyncDisposable {
  app: TestApp;
  models: Models;
  /** The command lines of all that agents have started and that is still there. */
  alive(): string[];
}

export interface WorldOptions {
  installs: readonly Install[];
  scripts: Scripts;
  sandbox: StorySandbox;
  /** Added to orch.yaml. */
  settings?: Record<string, unknown>;
}

/** The variable by which the processes of a world's agents are found. */
const MARK = 'WORLD_OF_STORY';

export async function startWorld({
  installs,
  scripts,
  sandbox,
  settings = {},
}: WorldOptions): Promise<World> {
  await using stack = new AsyncDisposableStack();
  // Not in a folder that anybody may write to: gemini reads no settings there, and codex lays no links for its tools.
  const { path: root } = stack.use(await scratchFolder('world-'));
  const agentsOfWorld = () => processesWith(`${MARK}=${root}`);
  stack.defer(() => killAll(agentsOfWorld));
  const [orch, home, bin, temporary] = ['orch', 'home', 'bin', 'tmp'].map(name => {
    mkdirSync(join(root, name));
    return join(root, name);
  }) as [string, string, string, string];
  // Two of the CLIs are scripts for whatever `node` is on PATH.
  symlinkSync(process.execPath, join(bin, 'node'));
  const models = stack.use(await startModels({ scripts, address: sandbox.address }));
  // As root and without a sandbox claude wants to be told that it may.
  const asRoot = sandbox.settings.kind === 'none' ? { IS_SANDBOX: '1' } : {};
  const environment = { [MARK]: root, TMPDIR: temporary, ...asRoot };
  const hosts = [new URL(models.url).host];
  const agents = installs.map(({ cli }) => [cli, withScriptedModel(cli, { environment, hosts }, models.url)]);
  const path = [...installs.map(install => install.bin), bin, '/usr/bin', '/bin'];
  const app = stack.use(
    await startTestApp({
      home: orch,
      env: { PATH: path.join(delimiter), HOME: home },
      settings: { agents: Object.fromEntries(agents), sandbox: sandbox.settings, ...settings },
    }),
  );
  const owned = stack.move();
  return {
    app,
    models,
    alive: () => [...agentsOfWorld()].map(commandLine),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A story that failed has left them: none may write while its folder is removed. */
async function killAll(find: () => Set<number>): Promise<void> {
  for (let pids = find(); pids.size > 0; pids = find()) {
    for (const pid of pids) tryKill(pid);
    await delay(20);
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return `${pid}, which has ended since`;
  }
}

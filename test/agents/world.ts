import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { processesWith } from '../../src/agent/processes.ts';
import { withScriptedModel } from '../../src/demo/scripted-model.ts';
import type { Scripts } from '../models/script.ts';
import { type Models, startModels } from '../models/server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Install, scratchFolder } from './installs.ts';

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
  /** Added to orch.yaml. */
  settings?: Record<string, unknown>;
}

export async function startWorld({ installs, scripts, settings = {} }: WorldOptions): Promise<World> {
  await using stack = new AsyncDisposableStack();
  // Not in a folder that anybody may write to: gemini reads no settings there, and codex lays no links for its tools.
  const { path: root } = stack.use(await scratchFolder('world-'));
  const [orch, home, bin, temporary] = ['orch', 'home', 'bin', 'tmp'].map(name => {
    mkdirSync(join(root, name));
    return join(root, name);
  }) as [string, string, string, string];
  // Two of the CLIs are scripts for whatever `node` is on PATH.
  symlinkSync(process.execPath, join(bin, 'node'));
  const models = stack.use(await startModels({ scripts }));
  const environment = { TMPDIR: temporary, IS_SANDBOX: '1' };
  const agents = installs.map(({ cli }) => [cli, withScriptedModel(cli, { environment }, models.url)]);
  const path = [...installs.map(install => install.bin), bin, '/usr/bin', '/bin'];
  const app = stack.use(
    await startTestApp({
      home: orch,
      env: { PATH: path.join(delimiter), HOME: home },
      settings: { agents: Object.fromEntries(agents), ...settings },
    }),
  );
  const owned = stack.move();
  return {
    app,
    models,
    alive: () => [...processesWith(`TMPDIR=${temporary}`)].map(commandLine),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return `${pid}, which has ended since`;
  }
}

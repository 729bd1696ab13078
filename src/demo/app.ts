import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../agent/terminals.ts';
import { homePaths } from '../config/paths.ts';
import { OrchError } from '../shared/errors.ts';
import { silentLog } from '../shared/log.ts';
import { ownProgram } from '../shared/own-programs.ts';
import type { DemoAgent } from './profiles.ts';

export interface DemoApp extends AsyncDisposable {
  home: string;
  /** Where it takes webhooks. */
  webhookUrl: string;
}

/** `orch serve` as a child process with a home of its own, signed in at the simulated GitHub. */
export async function startApp(options: {
  home: string;
  credentials: Record<string, string>;
  agents: Record<string, DemoAgent>;
  sandbox: Record<string, unknown>;
  settings?: Record<string, unknown>;
}): Promise<DemoApp> {
  const { home, credentials } = options;
  const config = join(home, 'orch.yaml');
  writeFileSync(config, stringify(demoSettings(options)), { mode: 0o600 });
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...credentials,
    ORCH_HOME: home,
    ORCH_CONFIG: config,
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'info',
  };
  const child = spawn(process.execPath, [...ownProgram('orch'), 'serve'], {
    // Another folder could hold a .env with credentials for the real GitHub.
    cwd: home,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = await started(child);
  return {
    home,
    webhookUrl: `${url}/api/github/webhooks`,
    async [Symbol.asyncDispose]() {
      await stop(child);
      await closeTerminals(openTerminals({ directory: homePaths(home).tmux, log: silentLog() }));
    },
  };
}

/** The settings of a demo, as orch.yaml has them. */
export function demoSettings({
  agents,
  sandbox,
  settings = {},
}: {
  agents: Record<string, DemoAgent>;
  sandbox: Record<string, unknown>;
  settings?: Record<string, unknown>;
}) {
  return {
    github: { throttle: false },
    agents,
    sandbox,
    task_queue: { retry_delay_seconds: 1, stop_grace_seconds: 5 },
    ...settings,
  };
}

/** Resolves with the address once the daemon has logged it; what it says instead is the error. */
async function started(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  const said: string[] = [];
  const address = new Promise<string>(resolve => {
    lines.on('line', line => {
      said.push(line);
      const url = line.startsWith('{') ? JSON.parse(line).url : undefined;
      if (typeof url === 'string') resolve(url);
    });
  });
  const ended = once(child, 'exit').then(() => {
    throw new OrchError('E_PROGRAM_FAILED', `orch serve ended: ${said.slice(-3).join(' ')}`);
  });
  return await Promise.race([address, ended]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

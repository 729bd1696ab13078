import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askDaemon } from '../cli/daemon-client.ts';
import { say } from '../cli/output.ts';
import { version } from '../cli/version.ts';
import { homePaths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import { OrchError } from '../shared/errors.ts';
import { runDesk } from './desk-process.ts';
import { prepareDesk, type StartOptions } from './desk-settings.ts';

interface About {
  version: string;
  pid: number;
  stopping: boolean;
}

/**
 * `orch start`: the daemon of this repository, in the background unless told. It says what runs then, or why nothing does;
 * one that runs already is found. Errors: E_NO_REPOSITORY, E_EMPTY_REPOSITORY, E_DETACHED_HEAD, E_NO_AGENT, E_MISSING_PROGRAM…
 */
export async function start(options: StartOptions): Promise<void> {
  const desk = await prepareDesk(options);
  const { settings } = desk;
  const present = await running(settings.orchestrator.home);
  if (present) return tell(options, settings, present.pid, true);
  if (options.foreground) return await runDesk(desk);
  const { pid, wasThere } = await startOrFind(settings);
  tell(options, settings, pid, wasThere);
}

/** Of two commands at the same moment one starts the daemon, and the other finds it as soon as it answers. */
async function startOrFind(settings: Settings): Promise<{ pid: number; wasThere: boolean }> {
  for (let looks = 1; ; looks++) {
    try {
      const pid = await startBehind(settings);
      if (pid !== null) return { pid, wasThere: false };
    } catch (error) {
      const isTaken = error instanceof OrchError && error.code === 'E_SECOND_DAEMON';
      if (!isTaken || looks === LOOKS) throw error;
      // It comes up, or it goes down, and then there is room.
      await delay(LOOK_MS);
    }
    const present = await running(settings.orchestrator.home);
    if (present) return { pid: present.pid, wasThere: true };
  }
}

const [LOOKS, LOOK_MS] = [20, 250];

async function running(home: string): Promise<About | null> {
  const about = await askDaemon<About>(home, 'GET', '/api/orchestrator').catch(error => {
    if (error instanceof OrchError && error.code === 'E_NO_DAEMON') return null;
    throw error;
  });
  if (about === null) return null;
  if (about.version !== version())
    throw new OrchError(
      'E_OTHER_VERSION',
      `Orch ${about.version} runs here already, and this is ${version()}`,
    );
  if (about.stopping) {
    const remedy = 'Wait for its agents, or stop them (orch stop --now); then start again.';
    throw new OrchError('E_SECOND_DAEMON', 'Orch is stopping here', { remedy });
  }
  return about;
}

/**
 * Starts the same command in the foreground of a session of its own, and waits until it is ready. Gives its process; null
 * when it has found another there.
 */
async function startBehind({ orchestrator: { home } }: Settings): Promise<number | null> {
  const { log } = homePaths(home);
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  const output = openSync(join(dirname(log), 'start.log'), 'a', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--foreground'], {
    detached: true,
    // At the end of a job its runner ends all that bears this mark: the daemon is to stay, and its agents with it.
    env: { ...process.env, RUNNER_TRACKING_ID: undefined },
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  try {
    const [outcome] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (outcome === 'ready') return child.pid as number;
    if (outcome === 0) return null;
    if (typeof outcome === 'object' && outcome !== null)
      throw new OrchError(outcome.code, outcome.message, { remedy: outcome.remedy });
    throw new OrchError(
      'E_INTERNAL',
      `The daemon ended at once; ${join(dirname(log), 'start.log')} says more`,
    );
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function tell(options: StartOptions, settings: Settings, pid: number, wasThere: boolean): void {
  const agents = settings.profiles.map(({ name, maxInstances }) => ({ name, max_instances: maxInstances }));
  const { home } = settings.orchestrator;
  if (options.json) say(JSON.stringify({ pid, home, agents, was_running: wasThere }, null, 2));
  else if (wasThere) say(`Orch runs here already (process ${pid}).`);
  else {
    const names = agents.map(({ name, max_instances: most }) => `${name} (${most} at once)`);
    say(`Orch runs (process ${pid}). Agents: ${names.join(', ')}.`);
    if (settings.sandbox.kind === 'none') say(UNSANDBOXED);
    say('Next: orch add "what is to be done"');
  }
}

const UNSANDBOXED = `They work as you, without a sandbox: they can read and change what you can.
To shut them in, set sandbox.kind in orch.yaml.`;

import { setTimeout as delay } from 'node:timers/promises';
import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

const LOOK_MS = 200;

/**
 * `orch stop`: nothing new starts, and the daemon ends when its agents have. `--now` stops them; they go on after the next
 * start. Waits for it; leaving with ^C changes nothing of that.
 */
export async function stop(options: Common & { now?: boolean }): Promise<void> {
  const home = await findHome(options);
  const { pid } = await askDaemon<{ pid: number }>(home, 'GET', '/api/orchestrator');
  const sent = { now: options.now ?? false };
  const { running } = await askDaemon<{ running: number }>(home, 'POST', '/api/orchestrator/stop', { sent });
  if (running > 0 && !options.json) {
    const what = options.now ? 'Stopping' : 'Waiting for';
    say(`${what} ${await names(home)}${options.now ? '' : '; orch stop --now stops them'}.`);
  }
  while (isAlive(pid)) await delay(LOOK_MS);
  if (options.json) sayJson({ stopped: true, agents: running });
  else say('Orch has stopped.');
}

async function names(home: string): Promise<string> {
  const tasks = await askDaemon<TaskView[]>(home, 'GET', '/api/tasks?state=active').catch(() => []);
  return tasks.map(({ id }) => id).join(', ') || 'the agents';
}

/** The socket goes first, and the daemon has still to write what it knows. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

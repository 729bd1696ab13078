import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunView, TaskView } from '../record/views.ts';
import { homePaths } from '../config/paths.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { JournalEvent } from '../task/events.ts';

export type Story = TaskView & { runs: RunView[]; events: JournalEvent[] };

const OVER = ['completed', 'failed', 'escalated', 'cancelled'];

/** The demo's task as the daemon tells it; null before there is one. */
export async function readStory(home: string): Promise<Story | null> {
  const { status, body } = await get(homePaths(home).socket, '/api/tasks/T1');
  return status === 200 ? (JSON.parse(body) as Story) : null;
}

/** Resolves when the task is over and GitHub has been told. */
export async function endOfStory(home: string, github: Simulator): Promise<'ended'> {
  for (;;) {
    const story = await readStory(home);
    if (story && OVER.includes(story.status) && story.runs.every(run => run.ended_at !== null)) break;
    await delay(100);
  }
  // The last edit of the comment and the check run may still be under way.
  let calls = 0;
  using _counting = github.onExchange(() => {
    calls += 1;
  });
  for (let quiet = 0, seen = calls; quiet < 3; quiet = calls === seen ? quiet + 1 : 0, seen = calls)
    await delay(150);
  return 'ended';
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, agent: false }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}

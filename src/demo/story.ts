import { setTimeout as delay } from 'node:timers/promises';
import { askDaemon } from '../cli/daemon-client.ts';
import type { EventView, RunView, TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { isFinal } from '../task/states.ts';

export type Story = TaskView & { runs: RunView[]; events: EventView[] };

/** The demo's task as the daemon tells it; null before there is one. */
export async function readStory(home: string): Promise<Story | null> {
  try {
    return await askDaemon<Story>(home, 'GET', '/api/tasks/T1');
  } catch (error) {
    if (error instanceof OrchError && error.code === 'E_UNKNOWN_TASK') return null;
    throw error;
  }
}

/** Resolves when the task is over and GitHub has been told. */
export async function endOfStory(home: string, github: Simulator): Promise<'ended'> {
  for (;;) {
    const story = await readStory(home);
    if (story && isFinal(story.status) && story.runs.every(run => run.ended_at !== null)) break;
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

import { setTimeout as delay } from 'node:timers/promises';
import { askDaemon } from '../cli/daemon-client.ts';
import type { EventView, ProofView, RunView, TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { isFinal } from '../task/states.ts';
import type { Told } from './outcome.ts';

type Story = TaskView & { proof: ProofView | null; runs: RunView[]; events: EventView[] };

/** The demo's task of this number as the daemon tells it; null before there is one. */
export async function readStory(home: string, task: number): Promise<Story | null> {
  try {
    return await askDaemon<Story>(home, 'GET', `/api/tasks/T${task}`);
  } catch (error) {
    if (error instanceof OrchError && error.code === 'E_UNKNOWN_TASK') return null;
    throw error;
  }
}

export function told(story: Story | null): Told | null {
  if (story === null) return null;
  const { id, status, run, pull_request, events } = story;
  const states = events.flatMap(event =>
    event.type === 'task:queued' ? ['queued'] : event.type === 'task:state' ? [event.data.to] : [],
  );
  return { id, status, run, pull: pull_request?.number ?? null, states };
}

/** Resolves when the first so many tasks are over and GitHub has been told. */
export async function endOfStories(home: string, github: Simulator, count: number): Promise<void> {
  for (let task = 1; task <= count; task += 1) {
    while (!isOver(await readStory(home, task))) await delay(100);
  }
  // The last edit of a comment and the check run may still be under way.
  let calls = 0;
  using _counting = github.onExchange(() => {
    calls += 1;
  });
  for (let quiet = 0, seen = calls; quiet < 3; quiet = calls === seen ? quiet + 1 : 0, seen = calls)
    await delay(150);
}

function isOver(story: Story | null): boolean {
  if (story === null || !isFinal(story.status) || story.proof?.verdict === 'due') return false;
  return story.runs.every(run => run.ended_at !== null);
}

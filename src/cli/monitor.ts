import type { ProfileView } from '../record/agent-views.ts';
import type { EventView, TaskView } from '../record/views.ts';
import { describeError } from '../shared/errors.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { journal } from './events.ts';
import { findHome } from './home.ts';
import { drawScreen, type Seen } from './monitor-screen.ts';
import { sayJson } from './output.ts';
import { openScreen } from './screen.ts';

/** What agents print makes no event, and times go on. */
const LOOK_MS = 1000;
/** News in a row make one look. */
const PAUSE_MS = 100;
const EVENTS = 50;

/**
 * `orch monitor`: agents, tasks and what happens, on a screen that is refreshed when something changes; q or Ctrl-C leave it.
 * `--once`, or without a terminal: how it is now.
 */
export async function monitor(options: Common & { once?: boolean }): Promise<void> {
  const home = await findHome(options);
  const first = await look(home);
  const events = await recent(home, first.journal);
  if (options.json) return sayJson({ ...first, events });
  if (options.once || !process.stdout.isTTY) {
    const size = { width: process.stdout.columns ?? 80, height: Infinity };
    const lines = drawScreen({ ...seenOf(first, events), trouble: null }, size);
    return void process.stdout.write(`${lines.join('\n')}\n`);
  }
  await follow(home, first, events);
}

interface Look {
  version: string;
  counts: Record<string, number>;
  /** The newest event's number. */
  journal: number;
  agents: ProfileView[];
  tasks: TaskView[];
}

/** How it stands: tasks that are at work first, then the newest. */
async function look(home: string): Promise<Look> {
  type About = { version: string; tasks: Record<string, number>; journal: number };
  const [about, agents, active, newest] = await Promise.all([
    askDaemon<About>(home, 'GET', '/api/orchestrator'),
    askDaemon<ProfileView[]>(home, 'GET', '/api/agents'),
    askDaemon<TaskView[]>(home, 'GET', '/api/tasks?state=active&limit=50'),
    askDaemon<TaskView[]>(home, 'GET', '/api/tasks?limit=50'),
  ]);
  const others = newest.filter(({ id }) => !active.some(each => each.id === id));
  const { version, tasks: counts, journal } = about;
  return { version, counts, journal, agents, tasks: [...active, ...others] };
}

async function recent(home: string, last: number): Promise<EventView[]> {
  const events: EventView[] = [];
  const after = Math.max(0, last - EVENTS);
  if (last === 0) return events;
  for await (const event of journal(home, { after })) {
    events.push(event);
    if (event.seq >= last) break;
  }
  return events;
}

function seenOf({ version, counts, agents, tasks }: Look, events: EventView[]): Omit<Seen, 'trouble'> {
  return { version, counts, profiles: agents, tasks, events, now: Date.now() };
}

async function follow(home: string, first: Look, events: EventView[]): Promise<void> {
  using screen = openScreen(draw);
  let seen: Seen = { ...seenOf(first, events), trouble: null };
  let isDue = false;
  const listening = listen();
  screen.draw();
  while (!screen.left.aborted) {
    await untilDue();
    seen = await lookAgain();
    screen.draw();
  }
  await listening;

  function draw(size: { width: number; height: number }): string[] {
    return [...drawScreen(seen, { ...size, height: size.height - 1 }), ' q leaves'].slice(0, size.height);
  }

  async function lookAgain(): Promise<Seen> {
    try {
      return { ...seenOf(await look(home), events), trouble: null };
    } catch (error) {
      return { ...seen, now: Date.now(), trouble: describeError(error) };
    }
  }

  /** At once when something has happened, but not more often than people can see. */
  async function untilDue(): Promise<void> {
    await screen.pause(PAUSE_MS);
    for (let waited = PAUSE_MS; waited < LOOK_MS && !isDue; waited += PAUSE_MS) await screen.pause(PAUSE_MS);
    isDue = false;
  }

  async function listen(): Promise<void> {
    let after = first.journal;
    while (!screen.left.aborted) {
      try {
        for await (const event of journal(home, { after, signal: screen.left })) {
          after = event.seq;
          events.push(event);
          if (events.length > EVENTS) events.shift();
          isDue = true;
        }
      } catch {
        // The screen says that no daemon answers; it may come back.
        await screen.pause(LOOK_MS);
      }
    }
  }
}

import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { homePaths } from '../config/paths.ts';
import type { EventView } from '../record/views.ts';
import { readableLines } from '../shared/text.ts';
import { readStory } from './story.ts';

/** Tells the task's events and what its terminal shows, as they come. */
export function narrate(home: string, tell: (text: string) => void): Disposable {
  let seen = 0;
  let log = { run: '', position: 0 };
  let stopped = false;
  let timer = setTimeout(look, 0);

  async function look(): Promise<void> {
    const story = await readStory(home, 1).catch(() => null);
    if (stopped) return;
    for (const event of story?.events.filter(({ seq }) => seq > seen) ?? []) {
      seen = event.seq;
      if (event.type === 'run:ended') terminal(story?.run ?? null);
      const line = sentence(event);
      if (line) tell(`${new Date(event.at).toISOString().slice(11, 23)}  ${line}`);
    }
    terminal(story?.run ?? null);
    timer = setTimeout(look, 100);
  }

  function terminal(run: string | null): void {
    if (run === null) return;
    if (log.run !== run) log = { run, position: 0 };
    const text = readFrom(homePaths(home).runLog(run), log.position);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    log.position += Buffer.byteLength(whole);
    for (const line of readableLines(whole).slice(0, -1)) tell(`              │ ${line}`);
  }

  return {
    [Symbol.dispose]() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function sentence(event: EventView): string | null {
  switch (event.type) {
    case 'task:queued':
      return 'inbox      the comment is recorded, and queued as task T1';
    case 'run:claimed':
      return `task       taken by ${event.data.agent}`;
    case 'run:prepared':
      return `workspace  branch ${event.data.branch} from ${event.data.base}, in a repository of its own`;
    case 'run:spawned':
      return `terminal   the agent runs in tmux, process ${event.data.pid}`;
    case 'branch:pushed':
      return `commits    the broker has pushed ${event.data.head.slice(0, 10)}`;
    case 'pull:opened':
      return `PR         #${event.data.number} is open${event.data.draft ? ', as a draft' : ''}`;
    case 'proof:done':
      return `tests      ${event.text}`;
    case 'run:ended':
      return `run        ${event.data.outcome}${event.data.reason ? `: ${event.data.reason}` : ''}`;
    case 'task:state':
      return `task       ${event.data.to}${event.data.reason ? `: ${event.data.reason}` : ''}`;
    default:
      return null;
  }
}

function readFrom(file: string, position: number): string {
  if (!existsSync(file)) return '';
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(256 * 1024);
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, position));
  } finally {
    closeSync(handle);
  }
}

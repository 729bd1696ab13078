import type { ProfileView } from '../record/agent-views.ts';
import type { EventView, TaskView } from '../record/views.ts';
import { stripControl } from '../shared/text.ts';
import { agentTable } from './agents.ts';
import { cut, paint } from './output.ts';
import { taskTable } from './task-table.ts';

/** What the screen tells of. */
export interface Seen {
  version: string;
  counts: Record<string, number>;
  profiles: readonly ProfileView[];
  /** Those that matter most first. */
  tasks: readonly TaskView[];
  /** The newest last. */
  events: readonly EventView[];
  now: number;
  /** What keeps it from being told anew. */
  trouble: string | null;
}

/** The screen, line by line, none wider and not more of them than there is room for. */
export function drawScreen(seen: Seen, { width, height }: { width: number; height: number }): string[] {
  const title = head(seen);
  let room = height - title.length;
  const blocks: string[][] = [];
  const add = (share: number, linesOf: (most: number) => readonly string[]) => {
    const most = Math.floor((room - 1) * share);
    const block = clip(linesOf(most), most);
    if (block.length === 0) return;
    blocks.push(['', ...block]);
    room -= block.length + 1;
  };
  add(0.45, most => agentLines(seen, width, most));
  add(0.65, () => (seen.tasks.length === 0 ? [] : taskTable(seen.tasks, width).split('\n')));
  add(1, most => latest(seen.events, most));
  return [...title, ...blocks.flat()].map(line => fitted(line, width)).slice(0, height);
}

function head({ version, counts, now, trouble }: Seen): string[] {
  const states = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  const time = new Date(now).toTimeString().slice(0, 8);
  const line = `${paint('bold', `Orch ${version}`)}  ${time}  ${states.join(', ') || 'no tasks yet'}`;
  return trouble === null ? [line] : [line, paint('yellow', stripControl(trouble))];
}

/** Agents, each that works with the last of what it has printed, as far as there is room for all. */
function agentLines({ profiles, now }: Seen, width: number, most: number): string[] {
  if (profiles.length === 0) return [];
  const [heading = '', ...rows] = agentTable(profiles, now, width).split('\n');
  const lines = [heading];
  const atWork = profiles.reduce((sum, { running }) => sum + running, 0);
  const each = Math.max(0, Math.floor((most - rows.length - 1) / atWork));
  for (const profile of profiles) {
    const working = profile.agents.filter(({ task }) => task !== null);
    for (const { output } of working) {
      lines.push(rows.shift() ?? '');
      const printed = each === 0 ? [] : (output ?? []).slice(-each);
      lines.push(...printed.map(line => paint('dim', `  │ ${stripControl(line)}`)));
    }
    if (profile.limited_until !== null || profile.running < profile.max_instances)
      lines.push(rows.shift() ?? '');
  }
  return lines;
}

function latest(events: readonly EventView[], most: number): string[] {
  if (events.length === 0 || most < 2) return [];
  const lines = events.slice(Number.isFinite(most) ? 1 - most : 0).map(({ at, task, text }) => {
    const time = new Date(at).toTimeString().slice(0, 8);
    return `${time}  ${task}  ${stripControl(text).replaceAll('\n', ' ')}`;
  });
  return [paint('dim', 'LATEST'), ...lines];
}

/** The first of them, and how many more there are. */
function clip(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return most < 3
    ? []
    : [...lines.slice(0, most - 1), paint('dim', `… ${lines.length - most + 1} more lines`)];
}

function fitted(line: string, width: number): string {
  const short = cut(line, width);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour that is cut off must end
  return short !== line && /\u001b/.test(line) ? `${short}\u001b[0m` : short;
}

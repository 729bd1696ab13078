import type { DebugView } from '../record/agent-views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { bytes, say, sayHeading, sayJson, sayTable } from './output.ts';
import { firstLine, placeOf, stateCell } from './task-table.ts';

/**
 * `orch debug task T42` and `orch debug agent claude-1`: all that is known of a task, or of the one that an agent has or had
 * last, and what would happen to it next.
 */
export async function debug(kind: 'tasks' | 'agents', name: string, options: Common): Promise<void> {
  const path = `/api/${kind}/${encodeURIComponent(name)}/debug`;
  const told = await askDaemon<DebugView>(await findHome(options), 'GET', path);
  if (options.json) return sayJson(told);
  const { text, style } = stateCell(told);
  say(`${told.id}  ${firstLine(told.instruction)}`);
  sayTable([
    ['state', { text, style }],
    ...(told.reason === null ? [] : [['reason', told.reason]]),
    ['where', placeOf(told)],
    ['agent', told.agent ?? 'none yet'],
    ['correlation', told.correlation],
    ['branch', told.branch ?? 'none yet'],
    ['next step', { text: told.next.step, style: 'bold' }],
  ]);
  say(told.next.why);
  for (const run of told.runs) {
    sayHeading(run.id);
    say(`${run.agent}, ${run.outcome ?? 'live'}${run.reason === null ? '' : `: ${run.reason}`}`);
    sayTable(run.files.map(({ what, bytes: size, path }) => [what, bytes(size).padStart(9), path]));
  }
  section('SCREEN', told.screen);
  section('LAST OUTPUT', told.screen === null ? told.output : null);
  sayHeading('TIMELINE');
  for (const line of timeline(told)) say(line);
}

function section(title: string, text: string | null): void {
  if (text === null || text.trim() === '') return;
  sayHeading(title);
  say(text.replace(/^/gm, '  '));
}

/** When, how long after the one before, and what. */
function timeline({ events }: DebugView): string[] {
  return events.map(({ at, seq, text }, index) => {
    const since = Date.parse(at) - Date.parse(events[index - 1]?.at ?? at);
    const after = `+${(since / 1000).toFixed(1)} s`.padStart(10);
    return `${at}  ${after}  #${seq}  ${text.replaceAll('\n', '\n    ')}`;
  });
}

import { isoTime } from '../../shared/clock.ts';
import { plain, plainCell } from '../../shared/markdown.ts';
import { shorten } from '../../shared/text.ts';
import type { Input } from '../../store/inputs.ts';
import { isAboutPlan } from '../../store/plans.ts';
import type { JournalEvent } from '../../task/events.ts';
import { type Run, type Task, taskName } from '../../task/glossary.ts';
import { isFinal } from '../../task/states.ts';
import { withoutHostPaths } from './paths.ts';

const MOST_LINES = 20;
const MOST_SAID = 5;

/** What the agent asks and how to answer it; empty when nothing is open. */
export function askedText(task: Task): string {
  if (task.question === null || isFinal(task.state)) return '';
  const lines = shorten(withoutHostPaths(task.question), 3000).split('\n').slice(0, MOST_LINES);
  const quoted = lines.map(line => `> ${plain(line)}`.trimEnd()).join('\n');
  const name = taskName(task.id);
  const how = isAboutPlan(task.question) ? `\`/orch approve ${name}\` or ` : '';
  return `🙋 **The agent asks:**\n\n${quoted}\n\nAnswer with ${how}\`/orch say ${name} …\``;
}

/** Who works in the agent's CLI at the moment; empty when the agent works by itself. */
export function keyboardText(task: Task, run: Run | undefined): string {
  if (!run || run.keyboard === null || run.spawnedAt === null || task.epoch !== run.epoch) return '';
  if (task.state !== 'running') return '';
  const since = isoTime(run.spawnedAt).replace('T', ' ').slice(0, 16);
  return `⌨️ ${plain(run.keyboard)} has taken over the keyboard, since ${since} UTC`;
}

/** What a running agent does that people should know of, as its terminal shows it; empty when it just works. */
export function stateText(task: Task, run: Run | undefined, events: readonly JournalEvent[]): string {
  if (task.state !== 'running') return '';
  const event = events.findLast(each => each.type === 'agent:state');
  if (event?.type !== 'agent:state' || event.data.run !== run?.number) return '';
  const detail = event.data.detail === null ? '' : `: ${plain(told(event.data.detail))}`;
  switch (event.data.state) {
    case 'waiting':
      return `⌛ The agent waits for a person${detail}\n\nSee it on the host with \`orch attach ${taskName(task.id)}\``;
    case 'limited':
      return `⌛ The agent is held back by its model${detail}`;
    case 'stuck':
      return `⌛ The agent seems to be stuck${detail}\n\nLook on the host with \`orch attach ${taskName(task.id)}\`, or \`/orch pause\` and \`/orch resume\` it.`;
    default:
      return '';
  }
}

/** What the agent has said last of its progress, for a cell of a table. */
export function progressText(task: Task, run: Run | undefined, events: readonly JournalEvent[]): string {
  const event = events.findLast(each => each.type === 'run:progress');
  const isNow = event?.type === 'run:progress' && event.data.run === run?.number && !isFinal(task.state);
  return isNow ? plainCell(told(event.data.text)) : '';
}

/** That the agent was stopped because people merged its pull request while it worked. */
export function mergedText(task: Task, run: Run | undefined, events: readonly JournalEvent[]): string {
  if (task.state !== 'completed' || !run) return '';
  const merged = events.findLast(({ type, data }) => type === 'pull:state' && data.state === 'merged');
  const ended = events.findLast(({ type, data }) => type === 'run:ended' && data.run === run.number);
  if (!merged || !ended || merged.seq > ended.seq) return '';
  return 'The pull request was merged while the agent worked, which was stopped.';
}

/** Where the work of a run is that came to nothing on a runner, or was not in a pull request when people decided on that; empty where there is none. */
export function keptText(run: Run | undefined, events: readonly JournalEvent[]): string {
  const event = events.findLast(each => each.type === 'work:kept');
  if (event?.type !== 'work:kept' || event.data.run !== run?.number) return '';
  const { ref, reason } = event.data;
  if (ref === null) return `What the agent left is not kept: ${plain(told(reason ?? ''))}`;
  const without = reason === null ? '' : ` Not all of it: ${plain(told(reason))}`;
  return `What the agent left is kept: \`git fetch origin ${ref}\`.${without}`;
}

/** What people have told the agent last, and whether it has heard it. */
export function saidText(task: Task, said: readonly Input[]): string {
  if (said.length === 0) return '';
  const rows = said
    .slice(-MOST_SAID)
    .map(input => `- ${plain(input.author)}: ${plain(told(input.text))} (${fate(task, input)})`);
  return `Said to the agent:\n\n${rows.join('\n')}`;
}

/** That it was heard a CLI shows by going on after it; one that prints no events shows nothing. */
function fate(task: Task, { run, arrivedAt }: Input): string {
  if (arrivedAt !== null) return 'heard';
  if (run !== null) return 'given to it, not confirmed';
  return isFinal(task.state) ? 'not heard' : 'not heard yet';
}

function told(text: string): string {
  return shorten(withoutHostPaths(text), 300);
}

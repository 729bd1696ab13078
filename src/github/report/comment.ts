import { proofText } from '../../proof/words.ts';
import { duration } from '../../shared/clock.ts';
import { fenced, plain } from '../../shared/markdown.ts';
import { shorten } from '../../shared/text.ts';
import type { Input } from '../../store/inputs.ts';
import { isWaiting, type Plan } from '../../store/plans.ts';
import type { Proof } from '../../store/proofs.ts';
import type { Usage } from '../../store/usage.ts';
import type { JournalEvent } from '../../task/events.ts';
import { type Run, runName, type Task, taskName } from '../../task/glossary.ts';
import { isFinal, type TaskState } from '../../task/states.ts';
import { marker } from '../comments.ts';
import { budgetText, budgetWarnings, usedText } from './money.ts';
import { withoutHostPaths } from './paths.ts';
import { planText } from './plan.ts';
import { askedText, keptText, keyboardText, mergedText, progressText, saidText, stateText } from './talk.ts';

const HEADLINE: Record<TaskState, string> = {
  queued: '🕓 {} is queued',
  starting: '🛠️ {} is being prepared',
  running: '🏃 {} is running',
  paused: '⏸️ {} is paused',
  completed: '✅ {} is completed',
  failed: '❌ {} failed',
  escalated: '🙋 {} needs a person',
  cancelled: '🚫 {} is cancelled',
};

/** What is known of a task. */
export interface Story {
  task: Task;
  runs: readonly Run[];
  events: readonly JournalEvent[];
  usage: readonly Usage[];
  said: readonly Input[];
  /** Null where no plan was asked for. */
  plan?: Plan | null;
  /** What its tests have shown; `due` while they run. */
  proof?: Proof | 'due' | null;
  /** The workflow run that does the task, where no server does. */
  workflowRun?: string | undefined;
  /** The workflow run that carries out the last run, where GitHub Actions does for a server. */
  job?: { url: string; runner: string | null } | null;
}

/** The sticky comment of a task: what was asked, where it stands, what came of it. */
export function renderComment(story: Story, now: number): string {
  const { task, runs, events, usage, said, plan = null, proof = null, workflowRun, job = null } = story;
  const run = runs.at(-1);
  const parts = [
    `${taskMarker(task)}\n### ${headline(task.state, taskName(task.id))}`,
    quote(task.instruction),
    reason(task, now),
    planText(task, plan),
    plan && isWaiting(task, plan) ? '' : askedText(task),
    keyboardText(task, run),
    stateText(task, run, events),
    overlapText(task, events),
    budgetWarnings(task, events),
    table(task, run, usage, {
      progress: progressText(task, run, events),
      until: endOf(task, run, events) ?? now,
      job,
    }),
    steps(task, events),
    proof === null
      ? ''
      : proof === 'due'
        ? '⏳ The tests run, on the base and on this work.'
        : proofText(proof),
    saidText(task, said),
    mergedText(task, run, events),
    keptText(run, events),
    plan?.approvedAt === null ? '' : words(task, run),
    footer(task, workflowRun !== undefined, workflowRun ?? job?.url ?? null),
  ];
  return parts.filter(part => part !== '').join('\n\n');
}

/** `✅ T42 is completed`. */
export function headline(state: TaskState, name: string): string {
  return HEADLINE[state].replace('{}', name);
}

export function taskMarker(task: Task): string {
  return marker(`task ${taskName(task.id)}`);
}

function reason(task: Task, now: number): string {
  // Where the agent's question is the reason, it stands below.
  if (task.reason === null || (task.state === 'paused' && task.question !== null)) return '';
  const told = tellable(task.reason);
  const text = told.charAt(0).toUpperCase() + told.slice(1);
  return `**${plain(/[.!?]$/.test(text) ? text : `${text}.`)}**${goesOn(task, now)}`;
}

/** When, or how, it goes on. */
export function goesOn(task: Task, now: number): string {
  if (task.state === 'queued' && task.readyAt > task.updatedAt)
    return ` Next try at ${clockTime(task.readyAt, now)}.`;
  if (task.state !== 'paused' || task.question !== null) return '';
  if (task.wakeAt === null) return ` It goes on with \`/orch resume ${taskName(task.id)}\``;
  return ` It goes on by itself at ${clockTime(task.wakeAt, now)}; \`/orch resume ${taskName(task.id)}\` tries it at once`;
}

/** A reason as GitHub may have it: whole but for very long ones, which would push table and check run over its limits. */
export function tellable(reason: string): string {
  return shorten(withoutHostPaths(reason).trim(), 3000);
}

/** What will collide, as long as it may still be merged. */
export function overlapText({ state, pullState }: Task, events: readonly JournalEvent[]): string {
  const last = events.findLast(event => event.type === 'task:overlaps');
  const isOver = isFinal(state) && pullState !== 'open';
  if (last?.type !== 'task:overlaps' || isOver) return '';
  return last.data.told.map(sentence => `⚠️ ${sentence}`).join('\n');
}

function table(
  task: Task,
  run: Run | undefined,
  usage: readonly Usage[],
  { progress, until, job }: { progress: string; until: number; job: Story['job'] },
): string {
  const rows: [string, string][] = [];
  const choice = run?.choice ? ` (${plain(run.choice)})` : '';
  if (run)
    rows.push(['Agent', `\`${run.profile}-${run.slot}\`, run \`${runName(task.id, run.number)}\`${choice}`]);
  if (job) rows.push(['Job', jobText(job)]);
  if (task.branch) rows.push(['Branch', `\`${task.branch}\``]);
  if (task.pull !== null) rows.push(['Pull request', `#${task.pull}`]);
  if (run?.spawnedAt) rows.push(['Time', duration(until - run.spawnedAt)]);
  if (progress !== '') rows.push(['Progress', progress]);
  if (usage.length > 0) rows.push(['Used', usedText(usage)]);
  if (task.budgetUsd !== null || task.budgetTokens !== null) rows.push(['Budget', budgetText(task)]);
  rows.push(['Asked by', `\`${task.requester}\``]);
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

/** A runner's name is whatever somebody has called it. */
function jobText({ url, runner }: NonNullable<Story['job']>): string {
  return `[workflow run](${url})${runner === null ? '' : ` on \`${runner.replace(/[`|\n]/g, "'")}\``}`;
}

/** A task is over, or paused, when its state says so. That its agent takes a moment to end needs no edit of the comment. */
function endOf(task: Task, run: Run | undefined, events: readonly JournalEvent[]): number | null {
  if (!isFinal(task.state) && task.state !== 'paused') return run?.endedAt ?? null;
  return events.findLast(event => event.type === 'task:state')?.at ?? null;
}

/** Five steps, ticked as the journal tells of them; after a retry the journal's newest try counts. */
function steps(task: Task, events: readonly JournalEvent[]): string {
  const lastClaim = events.findLastIndex(event => event.type === 'run:claimed');
  const now = events.slice(Math.max(0, lastClaim));
  const seen = (type: JournalEvent['type'], all = now) => all.some(event => event.type === type);
  const list: [string, boolean][] = [
    ['Taken from the queue', lastClaim >= 0],
    ['Workspace prepared', seen('run:prepared')],
    ['Agent started', seen('run:spawned')],
    ['Commits pushed', task.head !== null],
    ['Pull request open', task.pull !== null],
  ];
  return list.map(([name, done]) => `- [${done ? 'x' : ' '}] ${name}`).join('\n');
}

function words(task: Task, run: Run | undefined): string {
  if (task.state === 'completed' || !run?.lastWords) return '';
  return `<details open><summary>The agent's last words</summary>\n\n${fenced(withoutHostPaths(run.lastWords))}\n\n</details>`;
}

/** `alone`: no server hears of what people say. */
function footer(task: Task, alone: boolean, url: string | null): string {
  const name = taskName(task.id);
  const log = url === null ? `log on the host: \`orch logs ${name}\`` : `[log](${url})`;
  const say = alone ? '' : `tell it something: \`/orch say ${name} …\` · `;
  if (task.state === 'completed') return `<sub>${log}</sub>`;
  const command = isFinal(task.state)
    ? `try again: \`/orch retry ${name}\``
    : `${say}stop it: \`/orch cancel ${name}\``;
  return `<sub>${command} · ${log}</sub>`;
}

/** The instruction's beginning as a quotation. */
function quote(instruction: string): string {
  const first = instruction.split('\n', 1)[0] ?? '';
  return `> ${plain(shorten(first, 300))}${first === instruction ? '' : ' …'}`;
}

/** With the day where it is another one. */
function clockTime(milliseconds: number, now: number): string {
  const [day, time = ''] = new Date(milliseconds).toISOString().split('T');
  const isToday = new Date(now).toISOString().startsWith(`${day}T`);
  return `${isToday ? '' : `${day} `}${time.slice(0, 8)} UTC`;
}

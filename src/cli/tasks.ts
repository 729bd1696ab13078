import { text } from 'node:stream/consumers';
import type { InputView, RunView, TaskView } from '../record/views.ts';
import { showAmount, showUsd } from '../shared/amounts.ts';
import type { JournalEvent } from '../task/events.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { columns, say, tokensCell } from './output.ts';

interface Common {
  json?: boolean;
  config?: string;
}

export type Verb = 'pause' | 'resume' | 'cancel' | 'retry';

interface About {
  version: string;
  pid: number;
  started_at: string;
  url: string;
  tasks: Record<string, number>;
  inbox: number;
}

/** `orch status`: the daemon and what is not over. */
export async function status(options: Common): Promise<void> {
  const home = await findHome(options);
  const [about, tasks] = await Promise.all([
    askDaemon<About>(home, 'GET', '/api/orchestrator'),
    askDaemon<TaskView[]>(home, 'GET', '/api/tasks?limit=20'),
  ]);
  if (options.json) return say(JSON.stringify({ ...about, latest: tasks }, null, 2));
  const counts = Object.entries(about.tasks).map(([state, count]) => `${count} ${state}`);
  say(`Orch ${about.version} at ${about.url}, process ${about.pid}, since ${about.started_at}`);
  say(counts.length === 0 ? 'No tasks yet.' : `Tasks: ${counts.join(', ')}`);
  if (tasks.length > 0) say(`\n${table(tasks)}`);
}

/** `orch tasks`: the newest tasks, or those in one state. */
export async function tasks(options: Common & { status?: string; limit: string }): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit });
  if (options.status) query.set('state', options.status);
  const list = await askDaemon<TaskView[]>(await findHome(options), 'GET', `/api/tasks?${query}`);
  say(options.json ? JSON.stringify(list, null, 2) : list.length === 0 ? 'No tasks.' : table(list));
}

/** `orch show T42`: a task, its runs and its story. */
export async function show(name: string, options: Common): Promise<void> {
  type Whole = TaskView & { runs: RunView[]; said: InputView[]; events: JournalEvent[] };
  const task = await askDaemon<Whole>(
    await findHome(options),
    'GET',
    `/api/tasks/${encodeURIComponent(name)}`,
  );
  if (options.json) return say(JSON.stringify(task, null, 2));
  say(`${task.id}  ${stateOf(task)}${task.reason ? `: ${task.reason}` : ''}`);
  if (task.agent_detail) say(`agent: ${task.agent_detail}`);
  say(`${task.repository}#${task.issue}, asked by ${task.requester}`);
  say(`${task.instruction.split('\n', 1)[0]}`);
  if (task.branch) say(`branch ${task.branch}`);
  if (task.budget) say(budgetLine(task.budget));
  if (task.question) say(`it asks: ${task.question}`);
  if (task.pull_request) say(`pull request ${task.pull_request.url} (${task.pull_request.state})`);
  const runs = task.runs.map(run => {
    const cells = [
      run.id,
      run.agent,
      run.choice ?? '',
      run.outcome ?? 'live',
      tokensCell(run.usage?.tokens),
      costCell(run.usage),
    ];
    return [...cells, run.reason ?? ''];
  });
  const head = ['RUN', 'AGENT', 'CHOSEN', 'OUTCOME', 'TOKENS', 'COST', 'REASON'];
  if (runs.length > 0) say(`\n${columns([head, ...runs])}`);
  const said = task.said.map(({ author, arrived_at, text }) => [author, arrived_at ?? 'not yet', text]);
  if (said.length > 0) say(`\n${columns([['SAID BY', 'HEARD', 'TEXT'], ...said])}`);
  const events = task.events.map(event => [
    new Date(event.at).toISOString(),
    event.type,
    JSON.stringify(event.data),
  ]);
  say(`\n${columns(events)}`);
}

/** `orch pause T42`, and `resume`, `cancel` and `retry`. */
export async function change(verb: Verb, name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/${verb}`;
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path);
  say(options.json ? JSON.stringify(task, null, 2) : `${task.id} is ${task.status}.`);
}

/** `orch say T42 TEXT`, or `-` for standard input. */
export async function tell(name: string, words: readonly string[], options: Common): Promise<void> {
  const sent = { text: words.join(' ') === '-' ? await text(process.stdin) : words.join(' ') };
  const path = `/api/tasks/${encodeURIComponent(name)}/say`;
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path, { sent });
  if (options.json) return say(JSON.stringify(task, null, 2));
  say(`${task.id} is ${task.status}. Whether its agent has heard it: orch show ${task.id}`);
}

function budgetLine({ usd, tokens, spent_usd, spent_tokens }: NonNullable<TaskView['budget']>): string {
  const spent = { usd: usd === null ? null : spent_usd, tokens: tokens === null ? null : spent_tokens };
  return `budget ${showAmount({ usd, tokens })}, spent ${showAmount(spent) || 'nothing that is known'}`;
}

/** An empty cell is what nobody knows. */
function costCell(usage: RunView['usage']): string {
  if (!usage || usage.cost_usd === null) return '';
  return `${showUsd(usage.cost_usd)}${usage.cost_source === 'computed' ? ' (computed)' : ''}`;
}

/** `running`, or `running, agent waiting`. */
function stateOf({ status, agent_state }: TaskView): string {
  return agent_state === null || agent_state === 'working' ? status : `${status}, agent ${agent_state}`;
}

function table(list: TaskView[]): string {
  const rows = list.map(task => [
    task.id,
    stateOf(task),
    `${task.repository}#${task.issue}`,
    task.pull_request ? `#${task.pull_request.number}` : '',
    task.instruction.split('\n', 1)[0] ?? '',
  ]);
  return columns([['TASK', 'STATE', 'ISSUE', 'PR', 'INSTRUCTION'], ...rows]);
}

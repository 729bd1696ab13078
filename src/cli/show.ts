import type {
  EventView,
  InputView,
  PlanView,
  ProofView,
  RunView,
  TaskView,
  TestsView,
} from '../record/views.ts';
import { describeProof, describeTests } from '../record/words.ts';
import { showAmount, showUsd } from '../shared/amounts.ts';
import { duration } from '../shared/clock.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson, sayTable, tokensCell } from './output.ts';
import { firstLine, overlapLine, placeOf, stateCell } from './task-table.ts';

/** `orch show T42`: a task, its runs and its story. */
export async function show(name: string, options: Common): Promise<void> {
  type Story = {
    tests: TestsView | null;
    proof: ProofView | null;
    plan: PlanView;
    runs: RunView[];
    said: InputView[];
    events: EventView[];
  };
  type Whole = TaskView & Story;
  const task = await askDaemon<Whole>(
    await findHome(options),
    'GET',
    `/api/tasks/${encodeURIComponent(name)}`,
  );
  if (options.json) return sayJson(task);
  say(`${task.id}  ${stateCell(task).text}${task.reason ? `: ${task.reason}` : ''}`);
  if (task.agent_detail) say(`agent: ${task.agent_detail}`);
  if (task.keyboard) say(`keyboard: ${task.keyboard.by}, since ${task.keyboard.since ?? 'a moment'}`);
  say(`${placeOf(task)}, asked by ${task.requester}`);
  say(firstLine(task.instruction));
  if (task.after.length > 0) say(`after ${task.after.join(', ')}`);
  if (task.parent) say(`part of ${task.parent}`);
  if (task.branch) say(`branch ${task.branch}`);
  if (task.budget) say(budgetLine(task.budget));
  if (task.plan) sayPlan(task.id, task.plan);
  else if (task.question) say(`it asks: ${task.question}`);
  if (task.pull_request) {
    const { number, url, state } = task.pull_request;
    say(`pull request ${url ?? `#${number}`} (${state})`);
    if (task.tests) say(describeTests(task.tests));
    if (task.proof) say(describeProof(task.proof));
    if (url === null && state === 'open') say(`Next: orch diff ${task.id}, then orch merge ${task.id}`);
  }
  for (const each of task.overlaps) say(overlapLine(each));
  const runs = task.runs.map(run => {
    const cells = [
      run.id,
      run.agent,
      run.outcome ?? 'live',
      tokensCell(run.usage?.tokens),
      costCell(run.usage),
    ];
    return [...cells, run.reason ?? ''];
  });
  if (runs.length > 0) section(runs, ['RUN', 'AGENT', 'OUTCOME', 'TOKENS', 'COST', 'REASON']);
  for (const { id, agent, choice } of task.runs) if (choice) say(`${agent} took ${id}: ${choice}`);
  for (const { id, workflow_run: job } of task.runs)
    if (job) say(`${id} is the workflow run ${job.url}${job.runner === null ? '' : ` on ${job.runner}`}`);
  const said = task.said.map(({ author, arrived_at, text }) => [author, arrived_at ?? 'not yet', text]);
  if (said.length > 0) section(said, ['SAID BY', 'HEARD', 'TEXT']);
  section(task.events.map(({ at, text }) => [at, text]));
}

function sayPlan(id: string, plan: NonNullable<PlanView>): void {
  const { version, text, files, risk, quote, waits, stale, approved_by } = plan;
  const how =
    approved_by === null
      ? waits
        ? 'waits for approval'
        : 'is being made anew'
      : `approved by ${approved_by}`;
  say(`plan, version ${version}: ${how}`);
  for (const line of text.split('\n')) say(`  ${line}`);
  if (files.length > 0) say(`  files: ${files.join(', ')}`);
  if (risk) say(`  risk: ${risk}`);
  if (quote) {
    const { usd, seconds, from, ahead, at_work, cap_usd } = quote;
    const between = (low: string, high: string) => `, most took ${low} to ${high}`;
    const cost = usd && `${showUsd(usd.expected)}${between(showUsd(usd.low), showUsd(usd.high))}`;
    const time = (value: number) => duration(value * 1000);
    const took = seconds && `${time(seconds.expected)}${between(time(seconds.low), time(seconds.high))}`;
    say(`  cost: ${cost ?? 'not known'}; time: ${took ?? 'not known'}${from ? ` (${from})` : ''}`);
    say(`  place in the queue: after ${ahead} others, ${at_work} at work`);
    if (waits && cap_usd !== null) say(`  approving it grants ${showUsd(cap_usd)}`);
  }
  if (stale) say("The issue's text has changed since: it can't be approved.");
  else if (waits) say(`Next: orch approve ${id} [--budget 2usd], or orch say ${id} "what to change"`);
}

function section(rows: readonly (readonly string[])[], head?: readonly string[]): void {
  say('');
  sayTable(rows, head);
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

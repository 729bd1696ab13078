import { replay } from '../proof/words.ts';
import type { Amount } from '../shared/amounts.ts';
import { isoTime } from '../shared/clock.ts';
import type { Backup } from '../store/backups.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Input } from '../store/inputs.ts';
import type { Store } from '../store/open.ts';
import type { Overlap } from '../store/overlaps.ts';
import { isWaiting, type Plan } from '../store/plans.ts';
import type { Proof } from '../store/proofs.ts';
import type { TestResult } from '../store/pulls.ts';
import type { Usage } from '../store/usage.ts';
import type { EventType, JournalEvent, TaskEvents } from '../task/events.ts';
import { type AgentState, type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { describeEvent } from './words.ts';

/** A task as the API and `--json` show it. */
export type TaskView = ReturnType<typeof showTask>;
export type RunView = ReturnType<typeof showRun>;
export type InputView = ReturnType<typeof showInput>;
export type PlanView = ReturnType<typeof showPlan>;
export type CheckpointView = ReturnType<typeof showCheckpoint>;
export type BackupView = ReturnType<typeof showBackup>;

/** Runs whose workspaces are gone, each with the ref that keeps its commits if there were any; and those that could not go. */
export interface CleanedUp {
  removed: { run: string; rescued: string | null }[];
  failed: { run: string; why: string }[];
}

/** What has happened to a task; `text` says it for people. */
export type EventView = {
  [T in EventType]: { seq: number; at: string; task: string; type: T; data: TaskEvents[T]; text: string };
}[EventType];

/** What is known of a task beside its row. */
interface Known {
  /** What the agent of its live run does; null while there is none. */
  agent: { state: AgentState; detail: string | null } | null;
  /** What counts against its budget. */
  spent: Amount;
  /** The tasks that it needs. */
  after: readonly number[];
  live: Run | null;
  overlaps: readonly Overlap[];
}

export function showTask(task: Task, now: number, { agent, spent, after, live, overlaps }: Known) {
  return {
    id: taskName(task.id),
    status: task.state,
    reason: task.reason,
    repository: task.repository,
    /** Null where it was asked at a desk. */
    issue: task.issue || null,
    requester: task.requester,
    instruction: task.instruction,
    agent: task.agent,
    capabilities: task.capabilities,
    context: task.contextFiles,
    priority: task.priority,
    after: after.map(taskName),
    parent: task.parent === null ? null : taskName(task.parent),
    run: task.runs === 0 ? null : runName(task.id, task.runs),
    agent_state: agent?.state ?? null,
    agent_detail: agent?.detail ?? null,
    keyboard: showKeyboard(task, live),
    branch: task.branch,
    head: task.head,
    pull_request: task.pull === null ? null : { number: task.pull, url: task.pullUrl, state: task.pullState },
    /** Where its work will collide: `with` is another task, or null for the branch that it goes to. */
    overlaps: overlaps.map(({ other, conflicts, files }) => ({
      with: other === null ? null : taskName(other),
      conflicts,
      files,
    })),
    created_at: isoTime(task.createdAt),
    updated_at: isoTime(task.updatedAt),
    budget: showBudget(task, spent),
    question: task.question,
    wakes_at: task.wakeAt === null ? null : isoTime(task.wakeAt),
    waits_seconds: task.state === 'queued' ? Math.max(0, Math.round((task.readyAt - now) / 1000)) : 0,
  };
}

/** Who works in the agent's CLI, or is about to, which shows by its having no run yet; null: the agent by itself. */
function showKeyboard(task: Task, live: Run | null) {
  if (task.keyboard !== null) return { by: task.keyboard, run: null, since: null };
  if (!live || live.keyboard === null || live.epoch !== task.epoch) return null;
  const { keyboard, spawnedAt } = live;
  if (spawnedAt === null) return { by: keyboard, run: null, since: null };
  return { by: keyboard, run: runName(live.task, live.number), since: isoTime(spawnedAt) };
}

/** Null where nothing bounds it; of null in it nothing is known, or it is no bound. */
function showBudget({ budgetUsd, budgetTokens }: Task, spent: Amount) {
  if (budgetUsd === null && budgetTokens === null) return null;
  return { usd: budgetUsd, tokens: budgetTokens, spent_usd: spent.usd, spent_tokens: spent.tokens };
}

/** `workflowRun`: the one that carries it out, where GitHub Actions does. */
export function showRun(
  run: Run,
  usage: Usage | null,
  workflowRun: ReturnType<Store['dispatches']['workflowRun']>,
) {
  return {
    id: runName(run.task, run.number),
    agent: `${run.profile}-${run.slot}`,
    /** Why this agent took it. */
    choice: run.choice,
    started_at: isoTime(run.startedAt),
    ended_at: run.endedAt === null ? null : isoTime(run.endedAt),
    outcome: run.outcome,
    exit: run.exitCode,
    reason: run.reason,
    session: run.session,
    usage: showUsage(usage),
    workflow_run: workflowRun,
  };
}

/** What a run has used, as views and result files show it; null when nobody knows. */
export function showUsage(usage: Usage | null) {
  if (usage === null) return null;
  const { model, inputTokens, cachedTokens, outputTokens, costUsd, costSource } = usage;
  const isCounted = inputTokens !== null || outputTokens !== null;
  return {
    model,
    tokens: isCounted ? { input: inputTokens, cached: cachedTokens, output: outputTokens } : null,
    cost_usd: costUsd,
    cost_source: costSource,
  };
}

export function showInput(input: Input) {
  return {
    text: input.text,
    author: input.author,
    said_at: isoTime(input.createdAt),
    run: input.run === null ? null : runName(input.task, input.run),
    arrived_at: input.arrivedAt === null ? null : isoTime(input.arrivedAt),
  };
}

/** Null where no plan was asked for, or there is none yet. */
export function showPlan(task: Task, plan: Plan | null) {
  if (plan === null || plan.text === null) return null;
  const { version, text, files, risk, madeAt, quote, isStale, approvedBy, approvedAt } = plan;
  return {
    ...{ version, text, files, risk },
    made_at: madeAt === null ? null : isoTime(madeAt),
    /** US dollars and seconds of tasks like it, and what approving it grants. */
    quote: quote && {
      ...{ usd: quote.usd, seconds: quote.seconds, from: quote.from },
      ...{ ahead: quote.ahead, at_work: quote.atWork, cap_usd: quote.capUsd },
    },
    waits: isWaiting(task, plan),
    /** The issue's text has changed since: it can't be approved. */
    stale: isStale,
    approved_by: approvedBy,
    approved_at: approvedAt === null ? null : isoTime(approvedAt),
  };
}

export function showEvent(event: JournalEvent): EventView {
  return { ...event, at: isoTime(event.at), task: taskName(event.task), text: describeEvent(event) };
}

export function showCheckpoint({ number, task, run, sha, session, why, leftOut, at }: Checkpoint) {
  return {
    number,
    run: runName(task, run),
    commit: sha,
    session,
    why,
    left_out: leftOut,
    made_at: isoTime(at),
  };
}

export function showBackup({ file, at, bytes }: Backup) {
  return { file, made_at: isoTime(at), bytes };
}

/** A local pull request, for people and scripts. */
export interface PullView {
  task: string;
  title: string | null;
  body: string | null;
  draft: boolean;
  branch: string;
  base: string;
  /** What is compared: the commit where the branch began, and its tip. */
  from: string;
  to: string;
  commits: { commit: string; subject: string }[];
  files: { path: string; added: number | null; removed: number | null }[];
  tests: TestsView;
}

/** What Orch's own tests of the work have shown; `due` until they have ended. */
export interface ProofView {
  verdict: Proof['verdict'] | 'due';
  reason: string | null;
  base: string | null;
  head: string | null;
  command: string | null;
  tests: string[];
  failed_before: string[];
  failing: string[];
  flaky: string[];
  /** Shell commands that show the same, and what comes of each. */
  replay: { command: string; shows: string }[];
}

export function showProof(proof: Proof | 'due' | null): ProofView | null {
  if (proof === null || proof === 'due') return proof && DUE;
  const { verdict, reason, base, head, command, tests, failing, flaky } = proof;
  const shown = { verdict, reason, base, head, command, tests, failing, flaky };
  return { ...shown, failed_before: proof.failedBefore, replay: replay(proof) };
}

const DUE: ProofView = {
  ...{ verdict: 'due', reason: null, base: null, head: null, command: null },
  ...{ tests: [], failed_before: [], failing: [], flaky: [], replay: [] },
};

/** How the tests of a local pull request went: none are run where no command is set, and they are due until they have ended. */
export interface TestsView {
  verdict: TestResult['verdict'] | 'none' | 'due';
  command: string | null;
  /** The commit that they are for. */
  commit: string | null;
  /** Why they were not run, or what they failed by. */
  reason: string | null;
  exit: number | null;
  seconds: number | null;
  /** The end of what they printed. */
  output: string | null;
}

/** What is known of the tests of a task's pull request, whose command is null where none are run. */
export function showTests(task: Task, result: TestResult | null, command: string | null): TestsView {
  if (result && result.commit === task.head) {
    const { exitCode: exit, ...rest } = result;
    return { ...rest, exit };
  }
  const { head: commit, pullState } = task;
  const known = { command, commit, reason: null, exit: null, seconds: null, output: null };
  if (command === null) return { ...known, verdict: 'none' };
  if (pullState === null || pullState === 'open') return { ...known, verdict: 'due' };
  return { ...known, verdict: 'not_run', reason: `the pull request was ${pullState} before` };
}

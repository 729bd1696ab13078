import type { TaskState } from './states.ts';

/**
 * The words of Orch, one meaning each.
 *
 * - task `T42`: what was asked for, once. It ends in exactly one final state.
 * - run `T42.1`: one try at a task by one agent.
 * - profile `claude`: how one agent CLI is driven. Settings define it.
 * - agent `claude-1`: a worker slot of a profile; `max_instances` says how many there are.
 * - workspace: a run's own repository, worktree and branch.
 * - epoch: a number that rises whenever a task changes hands; who writes with an old one is refused.
 */

export const RUN_OUTCOMES = [
  'succeeded',
  'failed',
  'timed_out',
  'crashed',
  'cancelled',
  'rate_limited',
  'paused',
] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What the agent of a live run does, as far as it can be seen. */
export type AgentState = 'starting' | 'working' | 'idle' | 'waiting' | 'limited' | 'stuck' | 'exited';

export const PRIORITIES = ['high', 'normal', 'low'] as const;
type Priority = (typeof PRIORITIES)[number];

/** What someone asks for, as the faces hand it to the queue. */
export interface Request {
  /** `owner/name`, as GitHub spells it, and GitHub's number for it, which survives a rename. */
  repository: string;
  repositoryId: number;
  installation: number;
  /** The issue or pull request where it was asked. */
  issue: number;
  onPullRequest: boolean;
  /** The head of that pull request when it was asked; null on an issue. */
  headSha: string | null;
  /** What makes the request itself unique, e.g. `comment:981:0`: asked again with the same source it is the same task. */
  source: string;
  comment: number | null;
  requester: string;
  requesterId: number;
  instruction: string;
  /** Title and body of the issue as they stood when it was asked. */
  issueTitle: string;
  issueBody: string;
  /** What was said there before, by people who may command: `Remark[]` of agent/prompt.ts, as JSON. */
  conversation: string;
  /** Files that its agent is to read first: paths in the repository, or in its shared context. */
  contextFiles: readonly string[];
  agent: string | null;
  /** What its agent must be good at, of the words that profiles have; an agent that is asked for is taken all the same. */
  capabilities: readonly string[];
  model: string | null;
  priority: Priority;
  timeoutSeconds: number;
  /** What its runs together may take; null: as much as they need. */
  budgetUsd: number | null;
  budgetTokens: number | null;
  /** The base branch that was asked for or set; null means the head of the pull request, or the default branch. */
  base: string | null;
  /** What `.github/orch.yml` said when it was asked, as JSON: a run needs nothing else from GitHub to start. */
  settings: string;
  /** From the webhook delivery to the last log line. */
  correlation: string;
}

export interface Task extends Request {
  id: number;
  state: TaskState;
  epoch: number;
  /** Why the task is in its state, for people; null where the state says it all. */
  reason: string | null;
  /** Runs so far; the live or last one is `T{id}.{runs}`. */
  runs: number;
  /** Tries that came to nothing since a person last asked; counted against max_retries. */
  tries: number;
  /** Not claimed before this time (ms). */
  readyAt: number;
  branch: string | null;
  /** The branch that the pull request goes to, once known. */
  target: string | null;
  /** Where the task's branch starts, once known: a commit on GitHub. */
  baseSha: string | null;
  /** The branch's tip on GitHub, as the broker pushed it last. */
  head: string | null;
  pull: number | null;
  pullUrl: string | null;
  pullState: 'open' | 'closed' | 'merged' | null;
  /** The run whose workspace and session the next run goes on with; null when it begins anew. */
  resume: number | null;
  /** A paused task is queued again at this time (ms); null: when a person says so. */
  wakeAt: number | null;
  /** Runs after this one count against the budget: it has been granted anew. */
  budgetFrom: number;
  /** Most of the budget is gone, and people have been told. */
  budgetWarned: boolean;
  /** What its agent has asked and waits for. */
  question: string | null;
  /** The task in whose branch and session this one goes on. */
  continues: number | null;
  /** The task of a task file that lists this one as a part of it. */
  parent: number | null;
  /** The checkpoint that tree and branch are to go back to, before anything else of it runs. */
  rollback: number | null;
  /** Who is to have the keyboard in the next run. */
  keyboard: string | null;
  createdAt: number;
  updatedAt: number;
}

export interface Run {
  task: number;
  number: number;
  epoch: number;
  profile: string;
  /** 1 to max_instances: the agent is `{profile}-{slot}`. */
  slot: number;
  /** Why this agent took it, for people; null in runs of older releases. */
  choice: string | null;
  /** The run that made the workspace, `T42.1`: its own, unless it goes on where another stopped. */
  workspace: string;
  /** The id of the CLI's own conversation, once known. */
  session: string | null;
  /** The person who works in the CLI; null when the agent works by itself. */
  keyboard: string | null;
  startedAt: number;
  /** When the agent's session was started; the time-out counts from here. */
  spawnedAt: number | null;
  pid: number | null;
  /** The process' start time as the kernel counts it: a pid alone can be somebody else's by now. */
  pidStart: string | null;
  /** `orch done` was said in the worktree. */
  doneAt: number | null;
  /** Orch began to stop the agent; after the grace it is killed. */
  stopAt: number | null;
  stopReason: RunOutcome | null;
  endedAt: number | null;
  outcome: RunOutcome | null;
  exitCode: number | null;
  reason: string | null;
  /** The agent's last words, for a task that ended with nothing. */
  lastWords: string | null;
  /** The workspace is removed from disk. */
  cleanedAt: number | null;
}

/** `T42`. */
export function taskName(task: number): string {
  return `T${task}`;
}

/** `T42.1`. */
export function runName(task: number, run: number): string {
  return `T${task}.${run}`;
}

/** It goes on in the workspace of another run. */
export function isResumed({ task, number, workspace }: Pick<Run, 'task' | 'number' | 'workspace'>): boolean {
  return workspace !== runName(task, number);
}

/** `T42`, `t42`, `task_042` and `42` are the same task; anything else is null. */
export function parseTaskName(text: string): number | null {
  const digits = /^(?:t|task[_-]?)?0*(\d{1,15})$/i.exec(text.trim())?.[1];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}

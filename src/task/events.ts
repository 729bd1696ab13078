import type { AgentState, RunOutcome } from './glossary.ts';
import type { TaskState } from './states.ts';

/**
 * What the journal tells, `noun:verb`. An event is appended in the transaction of the change it tells of,
 * and nothing else carries news between the parts of Orch.
 */
export interface TaskEvents {
  'task:queued': Record<never, never>;
  'task:state': { from: TaskState; to: TaskState; reason: string | null };
  'task:promoted': Record<never, never>;
  /** For other tasks, or no more. */
  'task:waits': { reason: string | null };
  /** Where its work meets others', in a sentence each; nothing where it does not any more. */
  'task:overlaps': { told: readonly string[] };
  /** Orch has merged the branch that the pull request goes to into it. */
  'base:merged': { base: string; head: string };
  'run:claimed': { run: number; agent: string; choice?: string };
  'run:prepared': { run: number; branch: string; base: string };
  /** No process of this host where another carries it out. */
  'run:spawned': { run: number; pid: number | null };
  'run:stopping': { run: number; why: RunOutcome };
  'run:done': { run: number; summary: string | null };
  'run:progress': { run: number; text: string };
  'run:ended': { run: number; outcome: RunOutcome; exitCode: number | null; reason: string | null };
  /** It waits, is stuck or limited, and when that is over what it does then. */
  'agent:state': { run: number; state: AgentState; detail: string | null };
  'input:queued': { input: number };
  'input:arrived': { input: number };
  'task:question': { question: string | null };
  'plan:changed': { change: 'made' | 'approved' | 'void'; version: number; by: string | null };
  'budget:unknown': { model: string | null; budget: string };
  'budget:warned': { spent: string; budget: string };
  'checkpoint:made': { checkpoint: number; why: string };
  'task:rollback': { checkpoint: number; by: string; done: boolean };
  'branch:pushed': { run: number; head: string };
  'branch:moved': { run: number; head: string };
  'pull:opened': { number: number; url: string | null; draft: boolean };
  'pull:state': { state: 'open' | 'closed' | 'merged' };
  'pull:tested': { verdict: 'passed' | 'failed' | 'not_run'; command: string; reason: string | null };
  'proof:asked': { by: string };
  'proof:done': { verdict: 'proven' | 'unproven' | 'broken' | 'not_run'; head: string };
  /** What a run left, where the host does not stay; `ref` is on the forge, or null with the reason. */
  'work:kept': { run: number; ref: string | null; reason: string | null };
  'workspace:removed': { run: number; rescued: string | null };
}

export type EventType = keyof TaskEvents;

export type JournalEvent = {
  [T in EventType]: { seq: number; at: number; task: number; type: T; data: TaskEvents[T] };
}[EventType];

import type { TaskState } from './glossary.ts';

const NEXT: Record<TaskState, readonly TaskState[]> = {
  queued: ['starting', 'paused', 'failed', 'cancelled'],
  starting: ['running', 'queued', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  running: ['queued', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  paused: ['queued', 'failed', 'cancelled'],
  completed: [],
  failed: ['queued'],
  escalated: ['queued'],
  cancelled: ['queued'],
};

/** Whether a task may go from one state to another. The ends but `completed` are left only when a person retries. */
export function mayBecome(from: TaskState, to: TaskState): boolean {
  return NEXT[from].includes(to);
}

/** Nothing happens to the task any more unless a person asks. */
export function isFinal(state: TaskState): boolean {
  return state === 'completed' || state === 'failed' || state === 'escalated' || state === 'cancelled';
}

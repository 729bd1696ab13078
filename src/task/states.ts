/** The states of a task, each with those that may follow. */
const NEXT = {
  queued: ['starting', 'paused', 'failed', 'cancelled'],
  starting: ['running', 'queued', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  running: ['queued', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  paused: ['queued', 'failed', 'cancelled'],
  completed: [],
  failed: ['queued'],
  escalated: ['queued'],
  cancelled: ['queued'],
} as const;

export type TaskState = keyof typeof NEXT;

export const TASK_STATES = Object.keys(NEXT) as [TaskState, ...TaskState[]];

/** Whether a task may go from one state to another. The ends but `completed` are left only when a person retries. */
export function mayBecome(from: TaskState, to: TaskState): boolean {
  return (NEXT[from] as readonly TaskState[]).includes(to);
}

/** Nothing happens to the task any more unless a person asks. */
export function isFinal(state: TaskState): boolean {
  return state === 'completed' || state === 'failed' || state === 'escalated' || state === 'cancelled';
}

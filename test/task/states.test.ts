import { describe, expect, it } from 'vitest';
import { isFinal, mayBecome, TASK_STATES, type TaskState } from '../../src/task/states.ts';

const MAY: Record<TaskState, TaskState[]> = {
  queued: ['starting', 'paused', 'failed', 'cancelled'],
  starting: ['queued', 'running', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  running: ['queued', 'paused', 'completed', 'failed', 'escalated', 'cancelled'],
  paused: ['queued', 'failed', 'cancelled'],
  completed: [],
  failed: ['queued'],
  escalated: ['queued'],
  cancelled: ['queued'],
};

describe('a task', () => {
  it.each(TASK_STATES)('that is %s becomes what the table says, and nothing else', from => {
    expect(TASK_STATES.filter(to => mayBecome(from, to)).sort()).toEqual([...MAY[from]].sort());
  });

  it('is over when it is completed, failed, escalated or cancelled', () => {
    expect(TASK_STATES.filter(isFinal)).toEqual(['completed', 'failed', 'escalated', 'cancelled']);
  });

  it('can be cancelled until it is over, and is completed only once it was started', () => {
    expect(TASK_STATES.filter(state => mayBecome(state, 'cancelled'))).toEqual(
      TASK_STATES.filter(state => !isFinal(state)),
    );
    expect(TASK_STATES.filter(state => mayBecome(state, 'completed'))).toEqual(['starting', 'running']);
  });
});

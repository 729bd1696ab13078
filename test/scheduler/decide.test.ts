import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, isCurrent } from '../../src/scheduler/decide.ts';
import type { Sight } from '../../src/scheduler/stages.ts';
import { RUN_OUTCOMES, type Run, type Task } from '../../src/task/glossary.ts';
import { isFinal, TASK_STATES } from '../../src/task/states.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const rows = (() => {
  using store = memoryStore();
  return started(store);
})();
const PATIENCE = { timeout: 1000, grace: 30, isSpokenTo: false };

type Session = Sight['session'];
const NOTHING = {
  exitCode: null,
  setupFailed: null,
  killedBy: null,
  limit: null,
  heard: null,
  end: null,
  turnEndedAt: null,
};
const sight = (session: Session): Sight => ({ session, ...NOTHING });

function step(session: Session, task: Partial<Task>, run: Partial<Run>, now = NOW): string {
  const next = decide({ ...rows.task, ...task }, { ...rows.run, ...run }, sight(session), now, PATIENCE);
  if (next.do === 'interrupt') return `interrupt ${next.why}`;
  return next.do === 'wait' ? `wait ${next.until === null ? 'for ever' : next.until - NOW}` : next.do;
}

const CANCELLED: Partial<Task> = { state: 'cancelled', epoch: 2 };
const REQUEUED: Partial<Task> = { state: 'queued', epoch: 3 };
const RUNNING: Partial<Task> = { state: 'running' };
const DONE: Partial<Task> = { state: 'completed', pull: 5 };
const SPAWNED: Partial<Run> = { spawnedAt: NOW };

describe('the next step', () => {
  it.each<[what: string, Session, Partial<Task>, Partial<Run>, next: string]>([
    ['nothing there yet', 'none', {}, {}, 'start'],
    ['nothing there yet, on a retry', 'none', { branch: 'b', head: 'h', pull: 5 }, {}, 'start'],
    ['nothing there yet, and tmux is silent', 'unknown', {}, {}, 'start'],
    ['cancelled before the start', 'none', CANCELLED, {}, 'settle'],
    ['cancelled before the start, and tmux is silent', 'unknown', CANCELLED, {}, 'settle'],
    ['retried before the start', 'none', REQUEUED, {}, 'settle'],
    ['crashed after the launch', 'alive', {}, {}, 'adopt'],
    ['crashed after the launch, cancelled since', 'alive', CANCELLED, {}, 'interrupt cancelled'],
    ['crashed after the launch, over since', 'ended', {}, {}, 'settle'],
    ['works', 'alive', RUNNING, SPAWNED, 'wait 1000'],
    ['works, with its pull request open', 'alive', { ...RUNNING, pull: 5 }, SPAWNED, 'wait 1000'],
    ['works, and tmux is silent', 'unknown', RUNNING, SPAWNED, 'wait for ever'],
    ['is gone', 'none', RUNNING, SPAWNED, 'settle'],
    ['has ended', 'ended', RUNNING, SPAWNED, 'settle'],
    ['takes too long', 'alive', RUNNING, { spawnedAt: NOW - 1000 }, 'interrupt timed_out'],
    ['takes nearly too long', 'alive', RUNNING, { spawnedAt: NOW - 999 }, 'wait 1'],
    ['takes too long, and tmux is silent', 'unknown', RUNNING, { spawnedAt: NOW - 9e9 }, 'wait for ever'],
    ['is cancelled', 'alive', CANCELLED, SPAWNED, 'interrupt cancelled'],
    ['is cancelled and retried', 'alive', REQUEUED, SPAWNED, 'interrupt cancelled'],
    ['is cancelled and gone', 'none', CANCELLED, SPAWNED, 'settle'],
    ['is asked to end', 'alive', RUNNING, { ...SPAWNED, stopAt: NOW - 29 }, 'wait 1'],
    ['is asked to end and does not', 'alive', RUNNING, { ...SPAWNED, stopAt: NOW - 30 }, 'kill'],
    ['is asked to end, and cancelled', 'alive', CANCELLED, { ...SPAWNED, stopAt: NOW }, 'wait 30'],
    ['is done, without pull request', 'alive', RUNNING, { ...SPAWNED, doneAt: NOW }, 'wait 30'],
    ['is done, and stays', 'alive', RUNNING, { ...SPAWNED, doneAt: NOW - 30 }, 'interrupt succeeded'],
    ['is done, with pull request', 'alive', { ...RUNNING, pull: 5 }, { ...SPAWNED, doneAt: NOW }, 'complete'],
    ['is done before it was seen', 'alive', { pull: 5 }, { doneAt: NOW }, 'adopt'],
    ['is done and completed', 'alive', DONE, { ...SPAWNED, doneAt: NOW }, 'wait 30'],
    ['is done, completed, and stays', 'alive', DONE, { ...SPAWNED, doneAt: NOW - 30 }, 'interrupt succeeded'],
    ['is completed and has ended', 'ended', DONE, { ...SPAWNED, doneAt: NOW }, 'settle'],
    [
      'is cancelled after it said done',
      'alive',
      CANCELLED,
      { ...SPAWNED, doneAt: NOW },
      'interrupt cancelled',
    ],
  ])('of a run that %s', (_what, session, task, run, next) => {
    expect(step(session, task, run)).toBe(next);
  });

  it.each([
    [NOW - 29, { do: 'wait', until: NOW + 1 }],
    [NOW - 30, { do: 'interrupt', why: 'succeeded' }],
  ] as const)(
    'of a run whose turn is over, and whose CLI stays, comes after the grace',
    (turnEndedAt, next) => {
      const run = { ...rows.run, ...SPAWNED };
      const seen = { ...sight('alive'), turnEndedAt };
      expect(decide({ ...rows.task, ...RUNNING }, run, seen, NOW, PATIENCE)).toEqual(next);
    },
  );

  it('of a run of which a part was killed for its limit is to settle, though the rest is alive', () => {
    const seen = { ...sight('alive'), killedBy: 'it took more than 16 MB of memory' };
    const run = { ...rows.run, ...SPAWNED };
    expect(decide({ ...rows.task, ...RUNNING }, run, seen, NOW, PATIENCE)).toEqual({ do: 'settle' });
  });

  const time = fc.option(fc.integer({ min: NOW - 2000, max: NOW + 10 }));
  const anyTask = fc.record({
    state: fc.constantFrom(...TASK_STATES),
    epoch: fc.integer({ min: 1, max: 3 }),
    pull: fc.option(fc.constant(5)),
    branch: fc.option(fc.constant('b')),
    head: fc.option(fc.constant('h')),
  });
  const anyRun = fc.record({
    spawnedAt: time,
    doneAt: time,
    stopAt: time,
    stopReason: fc.option(fc.constantFrom(...RUN_OUTCOMES)),
  });
  const session = fc.constantFrom<Session>('none', 'alive', 'ended', 'unknown');
  const anything = fc.tuple(session, anyTask, anyRun);

  function holds(check: (seen: Session, task: Task, run: Run, next: string) => void): void {
    fc.assert(
      fc.property(anything, ([seen, task, run]) => {
        check(seen, { ...rows.task, ...task }, { ...rows.run, ...run }, step(seen, task, run));
      }),
      { numRuns: 2000 },
    );
  }

  it('starts nothing where an agent lives or has lived, and nothing for who has lost the task', () => {
    holds((seen, task, run, next) => {
      if (next !== 'start') return;
      expect(['none', 'unknown']).toContain(seen);
      expect(run.spawnedAt).toBeNull();
      expect(isCurrent(task, run)).toBe(true);
    });
  });

  it('settles no run whose agent is seen alive, and none that was launched while tmux is silent', () => {
    holds((seen, _task, run, next) => {
      if (seen === 'alive' || (seen === 'unknown' && run.spawnedAt !== null)) expect(next).not.toBe('settle');
    });
  });

  it('is to settle whenever the agent is over', () => {
    holds((seen, _task, run, next) => {
      if (seen === 'ended' || (seen === 'none' && run.spawnedAt !== null)) expect(next).toBe('settle');
    });
  });

  it('never leaves a living agent without an end in sight', () => {
    holds((seen, _task, _run, next) => {
      if (seen === 'alive') expect(next).not.toBe('wait for ever');
    });
  });

  it('completes or adopts only for who has the task', () => {
    holds((_seen, task, run, next) => {
      if (next === 'complete') expect(isCurrent(task, run) && task.pull !== null).toBe(true);
      if (next === 'adopt') expect(task.epoch).toBe(run.epoch);
    });
  });

  it('waits no longer than until something is due', () => {
    holds((_seen, _task, _run, next) => {
      const [, until] = /^wait (-?\d+)$/.exec(next) ?? [];
      if (until !== undefined) expect(Number(until)).toBeGreaterThan(0);
    });
  });
});

it('a run has its task while the epoch is its own and the task is not over', () => {
  for (const state of TASK_STATES) {
    expect(isCurrent({ ...rows.task, state }, rows.run)).toBe(!isFinal(state));
    expect(isCurrent({ ...rows.task, state, epoch: 2 }, rows.run)).toBe(false);
  }
});

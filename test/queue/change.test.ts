import { describe, expect, it } from 'vitest';
import { cancel, changeState, endRun, pause, promote, resume, retry, wake } from '../../src/queue/change.ts';
import type { Task } from '../../src/task/glossary.ts';
import { isFinal, mayBecome, TASK_STATES } from '../../src/task/states.ts';
import { claimed, memoryStore, NOW, queued, started } from '../support/tasks.ts';

const GONE = { outcome: 'cancelled', exitCode: null, reason: null, lastWords: null } as const;

describe('a change of state', () => {
  it('is written with the event that tells of it', () => {
    using store = memoryStore();
    const { task } = started(store);
    expect(changeState(store, task, 'failed', NOW + 1, { reason: 'why' })).toBe(true);
    expect(store.tasks.get(task.id)).toMatchObject({ state: 'failed', reason: 'why', updatedAt: NOW + 1 });
    expect(store.journal.ofTask(task.id).at(-1)).toMatchObject({
      type: 'task:state',
      data: { from: 'starting', to: 'failed', reason: 'why' },
    });
  });

  it('keeps a long reason short, wherever it stands', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const output = 'x'.repeat(10_000);
    changeState(store, task, 'failed', NOW, { reason: output });
    endRun(store, run, { ...GONE, reason: output }, NOW);
    const short = `${'x'.repeat(499)}…`;
    expect(store.tasks.get(task.id)?.reason).toBe(short);
    expect(store.runs.get(task.id, 1)?.reason).toBe(short);
    expect(store.journal.ofTask(task.id).slice(-2)).toMatchObject([
      { data: { reason: short } },
      { data: { reason: short } },
    ]);
  });

  it('leaves neither when the power goes between the two', () => {
    using store = memoryStore();
    const { task } = started(store);
    const before = store.journal.ofTask(task.id);
    const { append } = store.journal;
    store.journal.append = () => {
      throw new Error('power cut');
    };
    for (const change of [
      () => changeState(store, task, 'failed', NOW),
      () => cancel(store, task.id, 'no', NOW),
      () => endRun(store, store.runs.get(task.id, 1) as never, GONE, NOW),
    ])
      expect(change).toThrow('power cut');
    store.journal.append = append;
    expect(store.tasks.get(task.id)).toEqual(task);
    expect(store.runs.get(task.id, 1)?.endedAt).toBeNull();
    expect(store.journal.ofTask(task.id)).toEqual(before);
  });

  it('is refused to who read the task before it changed hands', () => {
    using store = memoryStore();
    const { task } = started(store);
    cancel(store, task.id, 'no', NOW);
    const events = store.journal.ofTask(task.id);
    expect(changeState(store, task, 'running', NOW)).toBe(false);
    expect(changeState(store, task, 'failed', NOW)).toBe(false);
    expect(store.tasks.get(task.id)?.state).toBe('cancelled');
    expect(store.journal.ofTask(task.id)).toEqual(events);
  });

  it.each(TASK_STATES)('from %s follows the table', from => {
    using store = memoryStore();
    const { id, epoch } = queued(store);
    for (const to of TASK_STATES) {
      store.tasks.update(id, epoch, { state: from });
      const change = () => changeState(store, store.tasks.get(id) as Task, to, NOW);
      if (mayBecome(from, to)) expect(change()).toBe(true);
      else expect(change, to).toThrow(expect.objectContaining({ code: 'E_TASK_STATE' }));
    }
  });
});

describe('cancelling', () => {
  it.each(TASK_STATES)('a task that is %s ends it or is refused', state => {
    using store = memoryStore();
    const { id } = queued(store);
    store.tasks.update(id, 0, { state });
    if (isFinal(state)) {
      expect(() => cancel(store, id, 'no', NOW)).toThrow(
        expect.objectContaining({ code: 'E_TASK_STATE', message: `T${id} is ${state} already` }),
      );
      expect(store.tasks.get(id)?.epoch).toBe(0);
    } else expect(cancel(store, id, 'no', NOW)).toMatchObject({ state: 'cancelled', reason: 'no', epoch: 1 });
  });

  it('what is not there is refused', () => {
    using store = memoryStore();
    expect(() => cancel(store, 9, 'no', NOW)).toThrow(
      expect.objectContaining({ code: 'E_UNKNOWN_TASK', message: 'There is no task T9' }),
    );
  });
});

describe('pausing', () => {
  it.each(TASK_STATES)('a task that is %s keeps it, or is refused', state => {
    using store = memoryStore();
    const { id } = queued(store);
    store.tasks.update(id, 0, { state });
    if (state === 'queued' || state === 'starting' || state === 'running')
      expect(pause(store, id, 'lunch', null, NOW)).toMatchObject({
        state: 'paused',
        reason: 'lunch',
        epoch: 1,
        wakeAt: null,
        resume: null,
      });
    else {
      expect(() => pause(store, id, 'lunch', null, NOW)).toThrow(
        expect.objectContaining({ code: 'E_TASK_STATE' }),
      );
      expect(store.tasks.get(id)?.epoch).toBe(0);
    }
  });

  it('remembers the run that has begun, and refuses what it still writes', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    expect(pause(store, task.id, 'lunch', null, NOW)).toMatchObject({ resume: 1 });
    expect(store.tasks.update(task.id, run.epoch, { head: 'late' })).toBe(false);
  });

  it('forgets a run that has no agent yet: there is nothing to go on with', () => {
    using store = memoryStore();
    const { task } = started(store);
    expect(pause(store, task.id, 'lunch', null, NOW)).toMatchObject({ resume: null });
  });

  it('remembers a run that goes on in a workspace, though it has no agent yet', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    pause(store, task.id, 'lunch', null, NOW);
    endRun(store, run, { outcome: 'paused', exitCode: 0, reason: null, lastWords: null }, NOW);
    resume(store, task.id, NOW);
    expect(claimed(store)?.run).toMatchObject({ number: 2, workspace: 'T1.1' });
    expect(pause(store, task.id, 'tea', null, NOW)).toMatchObject({ resume: 2 });
  });

  it('again while the run of before is dying keeps in mind what that one has', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    pause(store, task.id, 'lunch', null, NOW);
    resume(store, task.id, NOW);
    expect(pause(store, task.id, 'tea', null, NOW)).toMatchObject({ resume: 1, reason: 'tea' });
  });
});

describe('resuming', () => {
  it('queues a paused task at once', () => {
    using store = memoryStore();
    const { id, epoch } = queued(store);
    store.tasks.update(id, epoch, { readyAt: NOW + 1e9 });
    pause(store, id, 'until then', NOW + 1e9, NOW);
    const queue = { state: 'queued', readyAt: NOW + 5, wakeAt: null, tries: 0, reason: null };
    expect(resume(store, id, NOW + 5)).toMatchObject(queue);
    expect(() => resume(store, id, NOW + 5)).toThrow('T1 is queued, not paused');
  });

  it('happens by itself when its time has come, and not where a person has to say so', () => {
    using store = memoryStore();
    const [first, second, third] = [1, 2, 3].map(() => queued(store).id) as [number, number, number];
    pause(store, first, 'limit', NOW + 10, NOW);
    pause(store, second, 'limit', NOW + 20, NOW);
    pause(store, third, 'lunch', null, NOW);
    const states = () => [first, second, third].map(id => store.tasks.get(id)?.state);
    expect(store.tasks.nextReady(NOW)).toBe(NOW + 10);
    wake(store, NOW + 9);
    expect(states()).toEqual(['paused', 'paused', 'paused']);
    wake(store, NOW + 10);
    expect(states()).toEqual(['queued', 'paused', 'paused']);
    wake(store, NOW + 20);
    expect(states()).toEqual(['queued', 'queued', 'paused']);
  });

  it('tries an agent at its limit when a person says so, and not by itself', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const { profile } = run;
    store.runs.update(run, { spawnedAt: NOW });
    pause(store, task.id, 'limit', NOW + 10, NOW);
    // Another task has come to the same limit since; one more tells of an earlier end.
    store.breakers.open(profile, NOW + 99, 'limit');
    store.breakers.open(profile, NOW + 50, 'limit');
    wake(store, NOW + 10);
    expect(store.tasks.get(task.id)).toMatchObject({ state: 'queued', readyAt: NOW + 10, wakeAt: null });
    expect(store.breakers.opened(NOW + 10)).toMatchObject([{ profile, until: NOW + 99 }]);
    pause(store, task.id, 'wait', null, NOW + 11);
    endRun(store, run, { outcome: 'rate_limited', exitCode: 1, reason: 'limit', lastWords: null }, NOW + 11);
    resume(store, task.id, NOW + 12);
    expect(store.breakers.opened(NOW + 12)).toEqual([]);
  });
});

describe('retrying', () => {
  it.each(TASK_STATES)('a task that is %s queues it anew or is refused', state => {
    using store = memoryStore();
    const { id } = queued(store);
    store.tasks.update(id, 0, {
      state,
      tries: 3,
      branch: 'orch/T1',
      head: 'abc',
      resume: 1,
      readyAt: NOW + 1e9,
    });
    if (state === 'failed' || state === 'escalated' || state === 'cancelled')
      expect(retry(store, id, 'again', NOW + 5)).toMatchObject({
        state: 'queued',
        reason: 'again',
        epoch: 1,
        tries: 0,
        resume: null,
        readyAt: NOW + 5,
        branch: 'orch/T1',
        head: 'abc',
      });
    else
      expect(() => retry(store, id, 'again', NOW)).toThrow(expect.objectContaining({ code: 'E_TASK_STATE' }));
  });

  it.each([
    ['open', 3],
    ['closed', null],
    ['merged', null],
  ] as const)('leaves a pull request that is %s as %s', (pullState, pull) => {
    using store = memoryStore();
    const { id } = queued(store);
    store.tasks.update(id, 0, { state: 'failed', pull: 3, pullUrl: 'u', pullState });
    expect(retry(store, id, 'again', NOW)).toMatchObject({ pull, pullState: pull === null ? null : 'open' });
  });

  it('while the cancelled run is still dying waits for its end, and refuses what it still writes', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    cancel(store, task.id, 'no', NOW);
    retry(store, task.id, 'again', NOW);
    expect(claimed(store)).toBeNull();
    expect(store.tasks.update(task.id, run.epoch, { head: 'late' })).toBe(false);
    expect(endRun(store, run, GONE, NOW + 1)).toBe(true);
    const second = claimed(store, NOW + 1);
    expect(second?.run).toMatchObject({ task: task.id, number: 2 });
    expect(second?.run.epoch).toBeGreaterThan(run.epoch);
  });
});

describe('the end of a run', () => {
  it('is recorded once: the first word stays', () => {
    using store = memoryStore();
    const { run } = started(store);
    const first = { outcome: 'crashed', exitCode: 9, reason: 'first', lastWords: 'ah' } as const;
    expect(endRun(store, run, first, NOW + 1)).toBe(true);
    expect(endRun(store, run, GONE, NOW + 2)).toBe(false);
    expect(store.runs.get(run.task, 1)).toMatchObject({ ...first, endedAt: NOW + 1 });
    expect(store.journal.ofTask(run.task).filter(({ type }) => type === 'run:ended')).toHaveLength(1);
  });
});

describe('waiting long', () => {
  it('makes low tasks normal ones, and leaves the others as they are', () => {
    using store = memoryStore();
    const low = queued(store, { priority: 'low' }, NOW).id;
    const younger = queued(store, { priority: 'low' }, NOW + 1).id;
    const normal = queued(store, {}, NOW).id;
    const running = started(store, { priority: 'high' }, NOW).task.id;
    store.tasks.update(running, 1, { priority: 'low' });
    for (const id of [low, younger, normal]) store.tasks.update(id, 1, { state: 'queued' });
    promote(store, NOW, NOW + 10);
    const priorities = [low, younger, normal, running].map(id => store.tasks.get(id)?.priority);
    expect(priorities).toEqual(['normal', 'low', 'normal', 'low']);
    expect(store.journal.ofTask(low).at(-1)).toMatchObject({ type: 'task:promoted', at: NOW + 10 });
    const events = store.journal.ofTask(low).length;
    promote(store, NOW, NOW + 20);
    expect(store.journal.ofTask(low)).toHaveLength(events);
  });
});

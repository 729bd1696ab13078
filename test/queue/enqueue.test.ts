import { describe, expect, it } from 'vitest';
import { cancel } from '../../src/queue/change.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { aRequest, memoryStore, NOW, started } from '../support/tasks.ts';

describe('a request', () => {
  it('becomes a task, with its first event', () => {
    using store = memoryStore();
    const request = aRequest();
    const { kind, task } = enqueue(store, request, NOW, 10);
    expect(kind).toBe('queued');
    expect(task).toMatchObject({ ...request, state: 'queued', readyAt: NOW, createdAt: NOW });
    expect(store.journal.ofTask(task.id)).toEqual([
      { seq: 1, at: NOW, task: task.id, type: 'task:queued', data: {} },
    ]);
  });

  it('that comes again is the same task, even when that is over, and even when the queue is full', () => {
    using store = memoryStore();
    const request = aRequest();
    const { task } = enqueue(store, request, NOW, 1);
    expect(enqueue(store, request, NOW + 1, 1)).toEqual({ kind: 'known', task });
    cancel(store, task.id, 'no', NOW);
    expect(enqueue(store, { ...request, instruction: 'edited' }, NOW, 0).kind).toBe('known');
    expect(store.tasks.list(10)).toHaveLength(1);
  });

  it('for what is open already at the same place is a duplicate of it', () => {
    using store = memoryStore();
    const { task } = started(store, { instruction: 'fix it' });
    const ask = (changes: object) =>
      enqueue(store, aRequest({ instruction: 'fix it', ...changes }), NOW, 10).kind;
    expect(ask({})).toBe('duplicate');
    expect(ask({ issue: 43 })).toBe('queued');
    expect(ask({ repositoryId: 8 })).toBe('queued');
    expect(ask({ instruction: 'fix it!' })).toBe('queued');
    cancel(store, task.id, 'no', NOW);
    expect(ask({})).toBe('queued');
  });

  it('comes after tasks of its repository that are there, and else is refused whole', () => {
    using store = memoryStore();
    const [first, second] = [1, 2].map(() => enqueue(store, aRequest(), NOW, 10).task.id) as [number, number];
    const { task } = enqueue(store, aRequest(), NOW, 10, [second, first, second]);
    expect(store.dependencies.of(task.id)).toEqual([first, second]);
    expect(store.dependencies.dependants(second)).toEqual([task.id]);
    const elsewhere = enqueue(store, aRequest({ repositoryId: 8 }), NOW, 10).task.id;
    for (const [after, name] of [
      [[first, 99], 'T99'],
      [[elsewhere], `T${elsewhere}`],
      // Itself, if it had got that number.
      [[elsewhere + 1], `T${elsewhere + 1}`],
    ] as const)
      expect(() => enqueue(store, aRequest(), NOW, 10, after)).toThrow(
        expect.objectContaining({
          code: 'E_UNKNOWN_TASK',
          message: `There is no task ${name} here to wait for`,
        }),
      );
    expect(store.tasks.list(10)).toHaveLength(4);
  });

  it('for the same after other tasks is another wish', () => {
    using store = memoryStore();
    const [first, second] = [1, 2].map(() => enqueue(store, aRequest(), NOW, 10).task.id) as [number, number];
    const ask = (...after: number[]) =>
      enqueue(store, aRequest({ instruction: 'fix it' }), NOW, 10, after).kind;
    expect([ask(first, second), ask(second, first), ask(first), ask()]).toEqual([
      'queued',
      'duplicate',
      'queued',
      'queued',
    ]);
  });

  it('is refused while the queue is full, and nothing of it stays', () => {
    using store = memoryStore();
    const { task } = enqueue(store, aRequest(), NOW, 2);
    enqueue(store, aRequest(), NOW, 2);
    const third = aRequest();
    expect(() => enqueue(store, third, NOW, 2)).toThrow(
      expect.objectContaining({ code: 'E_QUEUE_FULL', message: '2 tasks are open already' }),
    );
    expect(store.tasks.bySource(third.source)).toBeNull();
    cancel(store, task.id, 'no', NOW);
    expect(enqueue(store, third, NOW, 2).kind).toBe('queued');
  });
});

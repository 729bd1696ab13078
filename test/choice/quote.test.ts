import { describe, expect, it } from 'vitest';
import { quoteOf } from '../../src/choice/quote.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import type { Store } from '../../src/store/open.ts';
import type { Request, Task } from '../../src/task/glossary.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';

const MINUTE = 60_000;
const LATER = NOW + 24 * 3600_000;

/** A completed task that took so many minutes, and dollars where its agent tells. */
function done(store: Store, minutes: number, usd: number | null, request: Partial<Request> = {}): void {
  const { task, run } = started(store, request);
  store.runs.update(run, { spawnedAt: NOW });
  const nothing = {
    model: null,
    inputTokens: null,
    cachedTokens: null,
    outputTokens: null,
    costSource: null,
  };
  store.usage.write({ ...nothing, task: task.id, run: run.number, costUsd: usd, at: NOW });
  const ending = { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null } as const;
  changeState(store, store.tasks.get(task.id) as Task, 'running', NOW);
  endRun(store, run, ending, NOW + minutes * MINUTE);
  changeState(store, store.tasks.get(task.id) as Task, 'completed', NOW);
}

describe('a quote', () => {
  it('says nothing where fewer than three tasks tell something', () => {
    using store = memoryStore();
    done(store, 1, 1);
    done(store, 1, null);
    done(store, 2, 1);
    const quote = quoteOf(store, queued(store), 'claude', LATER);
    expect(quote).toMatchObject({ usd: null, capUsd: null, seconds: { expected: 60, of: 3 } });
    expect(quoteOf(store, queued(store), 'codex', LATER)).toMatchObject({ from: 'tasks in this repository' });
  });

  it('tells the middle and what eight of ten took, and grants half as much again as the dear ones', () => {
    using store = memoryStore();
    for (const usd of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]) done(store, usd, usd);
    const { usd, seconds, from, capUsd } = quoteOf(store, queued(store), 'claude', LATER);
    expect(usd).toEqual({ expected: 6, low: 2, high: 10, of: 11 });
    expect(seconds).toEqual({ expected: 360, low: 120, high: 600, of: 11 });
    expect([from, capUsd]).toEqual(['tasks of claude in this repository', 15]);
  });

  it('prefers the same repository, and takes the same agent elsewhere where too little is known of it', () => {
    using store = memoryStore();
    for (const usd of [5, 5, 5]) done(store, 1, usd, { repositoryId: 8 });
    done(store, 1, 1);
    expect(quoteOf(store, queued(store), 'claude', LATER)).toMatchObject({
      from: 'tasks of claude',
      usd: { expected: 5, of: 4 },
    });
  });

  it("grants the task's own budget, where it has one", () => {
    using store = memoryStore();
    for (const usd of [5, 5, 5]) done(store, 1, usd);
    expect(quoteOf(store, queued(store, { budgetUsd: 2 }), 'claude', LATER).capUsd).toBe(2);
  });

  it('counts who goes before it', () => {
    using store = memoryStore();
    started(store);
    queued(store, { priority: 'low' });
    queued(store);
    const task = queued(store);
    queued(store);
    queued(store, { priority: 'high' });
    expect(quoteOf(store, task, 'claude', LATER)).toMatchObject({ ahead: 2, atWork: 1 });
  });
});

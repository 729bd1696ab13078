import { describe, expect, it } from 'vitest';
import { orderOf } from '../../../src/engine/actions/write-order.ts';
import { changeState } from '../../../src/queue/change.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { claimed, memoryStore, NOW, started } from '../../support/tasks.ts';

const HOW = { model: null, timeoutSeconds: 60 };

describe('an order', () => {
  it('tells of the runs that have begun, what was said before it, and what is left of the budget', () => {
    using store = memoryStore();
    const { task, run: first } = started(store, { budgetUsd: 2, budgetTokens: 1000 });
    const now = () => store.tasks.get(task.id) as Task;
    const next = () => {
      changeState(store, now(), 'queued', NOW, {});
      return claimed(store)?.run ?? first;
    };
    store.runs.update(first, { spawnedAt: NOW, outcome: 'crashed', endedAt: NOW, cleanedAt: NOW });
    const amounts = { model: null, inputTokens: 300, cachedTokens: 0, outputTokens: 100, costUsd: 2.5 };
    store.usage.write({ task: task.id, run: 1, ...amounts, costSource: 'reported', at: NOW });
    const second = next();
    store.runs.update(second, { outcome: 'crashed', endedAt: NOW, cleanedAt: NOW });
    const third = next();
    for (const text of ['before', 'after'])
      store.inputs.add({ task: task.id, author: 'ann', text, source: text, createdAt: NOW });
    store.inputs.give(store.inputs.waiting(task.id)[0]?.id as number, third.number);
    for (let at = 1; at <= 21; at += 1)
      store.journal.append(NOW, task.id, 'run:progress', { run: 1, text: `note ${at}` });

    const order = orderOf(store, now(), third, HOW);
    expect(order.earlier).toMatchObject([{ number: 1, outcome: 'crashed' }]);
    expect(order.said).toEqual([{ author: 'ann', text: 'before' }]);
    expect(order.run).toMatchObject({ number: 3, budgetUsd: 0, budgetTokens: 600 });
    expect(order.notes).toHaveLength(20);
    expect(order.notes[0]).toBe('note 2');
  });
});

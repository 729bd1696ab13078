import { describe, expect, it } from 'vitest';
import { cancel, changeState, pause } from '../../src/queue/change.ts';
import { say } from '../../src/queue/say.ts';
import type { Store } from '../../src/store/open.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const said = (text: string, source = text) => ({ text, author: 'ann', source });
const events = (store: Store) => store.journal.ofTask(1).map(({ type }) => type);

/** A task whose agent has asked something, and then ended its turn. */
function asking(store: Store) {
  const { task, run } = started(store);
  changeState(store, task, 'running', NOW);
  store.tasks.update(1, task.epoch, { question: 'Which one?' });
  store.runs.update(run, { spawnedAt: NOW });
  pause(store, 1, 'it asks', null, NOW);
}

describe('what is said', () => {
  it('arrives once', () => {
    using store = memoryStore();
    started(store);
    say(store, 1, { text: 'the first', author: 'ann', source: 'a' }, NOW);
    expect(store.inputs.arrived(1, NOW + 1)).toBe(true);
    expect(store.inputs.arrived(1, NOW + 2)).toBe(false);
    expect(store.inputs.get(1)?.arrivedAt).toBe(NOW + 1);
  });

  it('waits in order, with the event that tells of it, and the same is said once', () => {
    using store = memoryStore();
    started(store);
    say(store, 1, said('one'), NOW + 1);
    say(store, 1, said('two'), NOW + 2);
    say(store, 1, said('once more', 'one'), NOW + 3);
    expect(store.inputs.waiting(1)).toMatchObject([
      { text: 'one', author: 'ann', createdAt: NOW + 1, arrivedAt: null },
      { text: 'two' },
    ]);
    expect(store.journal.ofTask(1).slice(-2)).toMatchObject([
      { type: 'input:queued', data: { input: 1 } },
      { type: 'input:queued', data: { input: 2 } },
    ]);
    expect(store.tasks.get(1)?.state).toBe('starting');
  });

  it('answers the question of a paused task, which goes on', () => {
    using store = memoryStore();
    asking(store);
    expect(say(store, 1, said('the first'), NOW + 5)).toMatchObject({
      state: 'queued',
      question: null,
      reason: null,
      resume: 1,
      readyAt: NOW + 5,
    });
    expect(events(store).slice(-3)).toEqual(['input:queued', 'task:question', 'task:state']);
    say(store, 1, said('the first'), NOW + 6);
    expect(events(store)).toHaveLength(store.journal.ofTask(1).length);
  });

  it('answers the question of an agent that waits for it, and leaves a task that is paused for another reason', () => {
    using store = memoryStore();
    const { task } = started(store);
    store.tasks.update(1, task.epoch, { question: 'Which one?' });
    expect(say(store, 1, said('the first'), NOW)).toMatchObject({ state: 'starting', question: null });
    changeState(store, task, 'running', NOW);
    changeState(store, { ...task, state: 'running' }, 'paused', NOW, { reason: 'paused by ann' });
    expect(say(store, 1, said('go slowly'), NOW)).toMatchObject({ state: 'paused' });
  });

  it('is refused when it is too much, or nobody hears it', () => {
    using store = memoryStore();
    started(store);
    say(store, 1, said('x'.repeat(32_000), 'a'), NOW);
    expect(() => say(store, 1, said('y'), NOW)).toThrow('T1 has to hear a lot');
    store.inputs.arrived(1, NOW);
    say(store, 1, said('y'), NOW);
    cancel(store, 1, 'enough', NOW);
    expect(() => say(store, 1, said('z'), NOW)).toThrow('T1 is cancelled');
    expect(() => say(store, 2, said('z'), NOW)).toThrow('There is no task T2');
    expect(store.inputs.ofTask(1)).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { openTalk } from '../../src/broker/talk.ts';
import { cancel } from '../../src/queue/change.ts';
import { say } from '../../src/queue/say.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

function talking() {
  const store = memoryStore();
  const clock = fakeClock(NOW);
  const { run } = started(store);
  const { signal } = new AbortController();
  const talk = openTalk({ store, clock });
  return {
    store,
    clock,
    run,
    talk,
    /** Of one who hears what is said. */
    async ask(question: string, gone = signal) {
      const told = await talk.ask(run, question, gone);
      told?.heard(true);
      return told?.texts ?? null;
    },
    say: (text: string) => say(store, 1, { text, author: 'ann', source: text }, NOW),
    question: () => store.tasks.get(1)?.question,
    events: () => store.journal.ofTask(1).map(({ type }) => type),
    [Symbol.dispose]: () => store.close(),
  };
}

describe('an agent that asks', () => {
  it('is answered by what is said next, which has arrived then', async () => {
    using here = talking();
    const asked = here.ask('Which one?');
    expect(here.question()).toBe('Which one?');
    here.say('the first');
    expect(await asked).toEqual(['the first']);
    expect(here.question()).toBeNull();
    expect(here.store.inputs.ofTask(1)).toMatchObject([{ run: 1, arrivedAt: NOW }]);
    expect(here.events().slice(-4)).toEqual([
      'task:question',
      'input:queued',
      'task:question',
      'input:arrived',
    ]);
    here.say('the second');
    expect(here.store.inputs.waiting(1)).toHaveLength(1);
    expect(here.clock.waiting).toBe(0);
  });

  it('hears at once, and in order, what was said before, but not again what stands in its prompt', async () => {
    using here = talking();
    for (const text of ['one', 'two', 'three']) here.say(text);
    here.store.inputs.give(1, here.run.number);
    expect(await here.ask('Which one?')).toEqual(['two', 'three']);
    expect(here.question()).toBeNull();
    expect(here.store.inputs.waiting(1).map(({ text }) => text)).toEqual(['one']);
  });

  it('is told after a while that nobody answers; its question stays, and what is said then waits for it', async () => {
    using here = talking();
    const asked = here.ask('Which one?');
    await here.clock.advance(89_999);
    expect(here.clock.waiting).toBe(1);
    await here.clock.advance(1);
    expect(await asked).toBeNull();
    expect(here.question()).toBe('Which one?');
    const again = here.ask('Which one?');
    expect(here.events().filter(type => type === 'task:question')).toHaveLength(1);
    here.say('the first');
    expect(await again).toEqual(['the first']);
  });

  it('and goes away, or says that it is done, takes no answer', async () => {
    using here = talking();
    const leaving = new AbortController();
    const asked = here.ask('Which one?', leaving.signal);
    leaving.abort();
    expect(await asked).toBeNull();
    here.talk.withdraw(here.run);
    expect(here.question()).toBeNull();
    here.say('the first');
    expect(here.store.inputs.waiting(1)).toHaveLength(1);
    expect(await here.ask('Which one?', AbortSignal.abort())).toEqual(['the first']);
    expect(await here.ask('And now?', AbortSignal.abort())).toBeNull();
  });

  it('and is killed before it has heard the answer leaves it to the next, and to nobody meanwhile', async () => {
    using here = talking();
    const { signal } = new AbortController();
    const asked = here.talk.ask(here.run, 'Which one?', signal);
    here.say('the first');
    const told = await asked;
    expect(told?.texts).toEqual(['the first']);
    expect(await here.talk.ask(here.run, 'Which one?', AbortSignal.abort())).toBeNull();
    expect(here.store.inputs.ofTask(1)).toMatchObject([{ run: null, arrivedAt: null }]);
    expect(here.store.inputs.isSpokenTo(here.run)).toBe(true);
    told?.heard(false);
    expect(await here.ask('Which one?')).toEqual(['the first']);
    expect(here.store.inputs.ofTask(1)).toMatchObject([{ run: 1, arrivedAt: NOW }]);
  });

  it('asks one thing at a time: people could not know which of two they answer', async () => {
    using here = talking();
    const asked = here.ask('Which one?');
    await expect(here.ask('And where?')).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(here.question()).toBe('Which one?');
    here.say('the first');
    expect(await asked).toEqual(['the first']);
    const next = here.ask('And where?');
    here.say('here');
    expect(await next).toEqual(['here']);
  });

  it('is refused when its run has lost its task, while it waits too', async () => {
    using here = talking();
    const asked = here.ask('Which one?');
    cancel(here.store, 1, 'enough', NOW);
    await expect(asked).rejects.toThrow('T1.1 is over');
    await expect(here.ask('Which one?')).rejects.toMatchObject({ code: 'E_RUN_ENDED' });
    expect(() => here.talk.progress(here.run, 'half of it')).toThrow('T1.1 is over');
    await settled();
    expect(here.clock.waiting).toBe(0);
  });
});

it('progress is told in the journal', () => {
  using here = talking();
  here.talk.progress(here.run, 'half of it');
  expect(here.store.journal.ofTask(1).at(-1)).toMatchObject({
    type: 'run:progress',
    data: { run: 1, text: 'half of it' },
  });
});

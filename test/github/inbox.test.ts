import { describe, expect, it } from 'vitest';
import { startInbox } from '../../src/github/inbox.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

describe('the inbox', () => {
  it('handles deliveries in their order and notes those that come in a row together', async () => {
    using store = memoryStore();
    const waiting: number[] = [];
    const { handled, inbox } = open(
      store,
      ['g1', 'g2', 'g3'],
      () => void waiting.push(store.inbox.waiting()),
    );
    await settled();
    expect(handled).toEqual(['g1', 'g2', 'g3']);
    expect(waiting, 'nothing is noted in between').toEqual([3, 3, 3]);
    expect(store.inbox.waiting()).toBe(0);
    await inbox.stop();
  });

  it('tries a delivery again later whose handling fails, and goes on with the others', async () => {
    using store = memoryStore();
    const { handled, inbox, clock } = open(store, ['g1', 'g2'], delivery => {
      if (delivery === 'g1' && handled.length === 1) throw new Error('GitHub is away');
    });
    await settled();
    expect(handled).toEqual(['g1', 'g2']);
    expect(store.inbox.waiting()).toBe(1);
    await clock.advance(1000);
    expect(handled).toEqual(['g1', 'g2', 'g1']);
    expect(store.inbox.waiting()).toBe(0);
    await inbox.stop();
  });

  it('does not keep slow ones waiting for each other to be noted', async () => {
    using store = memoryStore();
    const waiting: number[] = [];
    const { inbox } = open(store, ['g1', 'g2'], async (_, clock) => {
      waiting.push(store.inbox.waiting());
      await clock.advance(1000);
    });
    while (store.inbox.waiting() > 0) await settled();
    expect(waiting).toEqual([2, 1]);
    await inbox.stop();
  });

  it('forgets what was handled more than a week ago', async () => {
    using store = memoryStore();
    const { inbox, clock, add } = open(store, ['g1']);
    await settled();
    expect(add('g1'), 'a redelivery is recognised').toBe(false);
    await clock.advance(8 * 24 * 3600_000);
    add('g2');
    inbox.wake();
    await settled();
    expect(add('g1')).toBe(true);
    await inbox.stop();
  });
});

type Handle = (delivery: string, clock: ReturnType<typeof fakeClock>) => void | Promise<void>;

function open(store: ReturnType<typeof memoryStore>, deliveries: string[], handle: Handle = () => {}) {
  const clock = fakeClock();
  const handled: string[] = [];
  const add = (delivery: string) => store.inbox.add(delivery, 'issue_comment', '{}', clock.now());
  deliveries.forEach(add);
  const inbox = startInbox({
    store,
    clock,
    log: silentLog(),
    async handle({ delivery }) {
      handled.push(delivery);
      await handle(delivery, clock);
    },
  });
  return { handled, inbox, clock, add };
}

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startInbox } from '../../src/github/inbox.ts';
import { openLog } from '../../src/shared/log.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

const DAY = 24 * 3600_000;

describe('the inbox', () => {
  it('handles deliveries and notes together those that come in a row', async () => {
    await using b = bench();
    const waiting: number[] = [];
    b.handle = () => void waiting.push(b.store.inbox.waiting());
    for (const id of ['g1', 'g2', 'g3']) b.deliver(id);
    await settled();
    expect(b.handled).toEqual(['g1', 'g2', 'g3']);
    expect(waiting, 'nothing is noted in between').toEqual([3, 3, 3]);
    await b.clock.advance(50);
    expect(b.store.inbox.waiting()).toBe(0);
  });

  it('notes what was handled although others take long', async () => {
    await using b = bench();
    b.handle = id => (id === 'slow' ? b.door() : undefined);
    b.deliver('slow');
    b.deliver('g2');
    await b.clock.advance(50);
    expect(b.store.inbox.waiting()).toBe(1);
  });

  it('keeps the order of an issue, and lets no issue wait for another', async () => {
    await using b = bench();
    b.handle = id => (id === 'a1' ? b.door() : undefined);
    b.deliver('a1', { issue: 1 });
    b.deliver('a2', { issue: 1 });
    b.deliver('a3', { pull_request: 1 });
    b.deliver('b1', { issue: 2 });
    b.deliver('c1', { issue: 1, repository: 8 });
    await settled();
    expect(b.handled).toEqual(['a1', 'b1', 'c1']);
    b.open();
    await settled();
    expect(b.handled.slice(3)).toEqual(['a2', 'a3']);
  });

  it('tries again later what fails; its issue waits for it, and no other', async () => {
    await using b = bench();
    b.handle = id => {
      if (id === 'a1' && b.handled.length < 5) throw new Error('GitHub is away');
    };
    b.deliver('a1', { issue: 1 });
    b.deliver('b1', { issue: 2 });
    await b.clock.advance(100);
    b.deliver('a2', { issue: 1 });
    await b.clock.advance(800);
    expect(b.handled, 'a new one does not hurry it').toEqual(['a1', 'b1']);
    await b.clock.advance(100);
    expect(b.handled).toEqual(['a1', 'b1', 'a1']);
    await b.clock.advance(6100);
    expect(b.handled).toEqual(['a1', 'b1', 'a1', 'a1', 'a1', 'a2']);
    expect(b.store.inbox.waiting()).toBe(0);
  });

  it('handles no more than four at once', async () => {
    await using b = bench();
    b.handle = () => b.door();
    for (let n = 1; n <= 6; n++) b.deliver(`g${n}`);
    await settled();
    expect(b.handled).toHaveLength(4);
    b.open();
    await settled();
    expect(b.handled).toHaveLength(6);
    b.open();
  });

  it('lets no installation wait for another, whatever its deliveries tell of', async () => {
    await using b = bench();
    b.handle = id => (id.startsWith('g') ? b.door() : undefined);
    for (let n = 1; n <= 6; n++) b.deliver(`g${n}`, { installation: 1 });
    b.deliver('other', { installation: 2 });
    await settled();
    expect(b.handled).toEqual(['g1', 'g2', 'g3', 'g4', 'other']);
    b.open();
    await settled();
    b.open();
  });

  it('forgets what was handled more than a week ago', async () => {
    await using b = bench();
    b.deliver('g1');
    await b.clock.advance(DAY);
    expect(b.deliver('g1'), 'a redelivery is recognised').toBe(false);
    await b.clock.advance(7 * DAY);
    expect(b.deliver('g1')).toBe(true);
  });
});

describe('a delivery that can not be handled', () => {
  const limited = { status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } };

  it.each([
    ['without an answer', {}],
    ['with 500', { status: 500 }],
    ['with 502', { status: 502 }],
    ['with 401', { status: 401 }],
    ['with 429', { status: 429 }],
    ['for its rate limit', limited],
  ])('because GitHub is away %s is tried for as long as it is kept', async (_how, fields) => {
    await using b = bench();
    b.handle = () => {
      // As Octokit's webhooks throw it.
      throw new AggregateError([Object.assign(new Error('away'), fields)]);
    };
    b.deliver('g1');
    await b.clock.advance(6 * DAY);
    expect(b.handled.length).toBeGreaterThan(1000);
    expect(b.store.inbox.waiting()).toBe(1);
    b.handle = () => {};
    await b.clock.advance(300_100);
    expect(b.store.inbox.waiting()).toBe(0);
  });

  it('for more than a week is given up', async () => {
    await using b = bench();
    b.handle = () => {
      throw new Error('away');
    };
    b.deliver('g1');
    await b.clock.advance(7 * DAY + 600_000);
    expect(b.store.inbox.waiting()).toBe(0);
  });

  it.each([
    ['a mistake of Orch', new TypeError('x is undefined'), 10],
    ['a refusal', Object.assign(new Error('no'), { status: 403 }), 10],
    ['something that is not there', Object.assign(new Error('no'), { status: 404 }), 10],
    ['a payload that is none', new z.ZodError([]), 1],
  ])('because of %s is given up, told of as an error, and kept to look at', async (_why, error, tries) => {
    await using b = bench();
    b.handle = () => {
      throw error;
    };
    b.deliver('g1', { issue: 1 });
    await b.clock.advance(3600_000);
    expect(b.handled).toHaveLength(tries);
    expect(b.store.inbox.waiting()).toBe(0);
    expect(b.store.inbox.get(1)).toMatchObject({ payload: expect.stringContaining('issue') });
    expect(b.errors).toEqual([expect.objectContaining({ delivery: 'g1', tries: tries - 1 })]);
    b.handle = () => {};
    b.deliver('g2', { issue: 1 });
    await settled();
    expect(b.handled.at(-1), 'the next of its issue has its turn').toBe('g2');
  });
});

describe('a database error', () => {
  it('while noting repeats the note, not the handling, and ends nothing', async () => {
    await using b = bench();
    const { handled } = b.store.inbox;
    b.store.inbox.handled = () => {
      b.store.inbox.handled = handled;
      throw new Error('database or disk is full');
    };
    b.deliver('g1');
    await b.clock.advance(100);
    expect(b.store.inbox.waiting()).toBe(1);
    b.deliver('g2');
    await b.clock.advance(1000);
    expect(b.handled).toEqual(['g1', 'g2']);
    expect(b.store.inbox.waiting()).toBe(0);
  });

  it.each(['next', 'get', 'forget'] as const)('of %s ends nothing', async name => {
    await using b = bench();
    const works = b.store.inbox[name];
    b.store.inbox[name] = () => {
      b.store.inbox[name] = works as never;
      throw new Error('disk I/O error');
    };
    b.deliver('g1');
    await b.clock.advance(2000);
    expect(b.store.inbox.waiting()).toBe(0);
  });
});

it('stopping waits for what is under way and notes it', async () => {
  const b = bench();
  b.handle = () => b.door();
  b.deliver('g1');
  await settled();
  const stopping = b.inbox.stop();
  b.open();
  await stopping;
  expect(b.store.inbox.waiting()).toBe(0);
  expect(b.clock.waiting).toBe(0);
  b.store.close();
});

interface Where {
  installation?: number;
  issue?: number;
  pull_request?: number;
  repository?: number;
}

function bench() {
  const store = memoryStore();
  const clock = fakeClock();
  const doors: (() => void)[] = [];
  const errors: unknown[] = [];
  const log = openLog({ level: 'silent' });
  log.error = ((fields: unknown) => errors.push(fields)) as never;
  const b = {
    store,
    clock,
    errors,
    handled: [] as string[],
    handle: (_delivery: string): void | Promise<void> => {},
    /** Handling that lasts until `open`. */
    door: () => new Promise<void>(done => doors.push(done)),
    open: () => {
      for (const door of doors.splice(0)) door();
    },
    deliver(delivery: string, where: Where = {}): boolean {
      const { repository = 7, installation, ...place } = where;
      const numbered = Object.entries(place).map(([what, number]) => [what, { number }]);
      const payload = JSON.stringify({
        repository: { id: repository },
        ...(installation && { installation: { id: installation } }),
        ...Object.fromEntries(numbered),
      });
      const added = store.inbox.add(delivery, 'issues', payload, clock.now());
      b.inbox.wake();
      return added;
    },
    inbox: startInbox({
      store,
      clock,
      log,
      async handle({ delivery }) {
        b.handled.push(delivery);
        await b.handle(delivery);
      },
    }),
    async [Symbol.asyncDispose]() {
      b.open();
      await b.inbox.stop();
      store.close();
    },
  };
  return b;
}

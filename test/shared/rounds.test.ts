import { describe, expect, it } from 'vitest';
import { keyedRounds, type RoundsOptions } from '../../src/shared/rounds.ts';
import { fakeClock, settled } from '../support/clock.ts';

function bench(work: (key: string) => unknown = () => {}, options: Partial<RoundsOptions<string>> = {}) {
  const clock = fakeClock(0);
  const begun: string[] = [];
  const failed: string[] = [];
  const rounds = keyedRounds<string>({
    clock,
    async work(key) {
      begun.push(key);
      return ((await work(key)) as number | undefined) ?? null;
    },
    failed: (key, error) => failed.push(`${key}: ${(error as Error).message}`),
    ...options,
  });
  return { clock, begun, failed, rounds };
}

/** Work that ends when the test says so. */
function doors() {
  const open: (() => void)[] = [];
  return { wait: () => new Promise<void>(done => open.push(done)), next: () => open.shift()?.() };
}

describe('rounds', () => {
  it('are one for wakes in a row, and one more for wakes while it works', async () => {
    const { wait, next } = doors();
    const { rounds, begun } = bench(wait);
    for (let n = 0; n < 3; n++) rounds.wake('a');
    await settled();
    expect(begun).toEqual(['a']);
    for (let n = 0; n < 3; n++) rounds.wake('a');
    await settled();
    expect(begun, 'never two of one key at once').toEqual(['a']);
    next();
    await settled();
    expect(begun).toEqual(['a', 'a']);
    next();
    await settled();
    expect(begun).toEqual(['a', 'a']);
    await rounds.stop();
  });

  it('of one key wait for no other', async () => {
    const { rounds, begun } = bench(key => (key === 'slow' ? doors().wait() : null));
    for (const key of ['slow', 'b', 'c']) rounds.wake(key);
    await settled();
    expect(begun).toEqual(['slow', 'b', 'c']);
  });

  it('are so many at once of each group', async () => {
    const { wait, next } = doors();
    const { rounds, begun } = bench(wait, { atOnce: 1, groupOf: key => key.charAt(0) });
    for (const key of ['a1', 'a2', 'b1', 'b2']) rounds.wake(key);
    await settled();
    expect(begun).toEqual(['a1', 'b1']);
    next();
    await settled();
    expect(begun).toEqual(['a1', 'b1', 'a2']);
    for (let n = 0; n < 3; n++) {
      next();
      await settled();
    }
    await rounds.stop();
  });

  it('are so many at once as is said, in the order of their wakes', async () => {
    const { wait, next } = doors();
    const { rounds, begun } = bench(wait, { atOnce: 2 });
    for (const key of ['a', 'b', 'c', 'd', 'a']) rounds.wake(key);
    await settled();
    expect(begun).toEqual(['a', 'b']);
    next();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    for (let n = 0; n < 3; n++) {
      next();
      await settled();
    }
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    await rounds.stop();
  });

  it('come again when the work says so, unless a wake comes before', async () => {
    const { rounds, begun, clock } = bench(() => (begun.length < 3 ? clock.now() + 1000 : null));
    rounds.wake('a');
    await clock.advance(999);
    expect(begun).toHaveLength(1);
    rounds.wake('a');
    await clock.advance(999);
    expect(begun).toHaveLength(2);
    await clock.advance(1);
    expect(begun).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });

  it('that fail come again later each time, and none of it is thrown', async () => {
    let broken = true;
    const { rounds, begun, failed, clock } = bench(
      () => {
        if (broken) throw new Error('broken');
      },
      { longestMs: 5000 },
    );
    rounds.wake('a');
    await settled();
    expect(rounds.isFailing('a')).toBe(true);
    expect(rounds.isFailing('b')).toBe(false);
    const at: number[] = [];
    for (let second = 1; second <= 18; second++) {
      const before = begun.length;
      await clock.advance(1000);
      if (begun.length > before) at.push(second);
    }
    expect(at).toEqual([1, 3, 7, 12, 17]);
    expect(failed).toHaveLength(6);
    expect(failed[0]).toBe('a: broken');
    broken = false;
    await clock.advance(5000);
    expect(rounds.isFailing('a')).toBe(false);
    broken = true;
    rounds.wake('a');
    await clock.advance(1000);
    expect(failed, 'and begins anew after one that went well').toHaveLength(8);
    await rounds.stop();
  });

  it('go on although their failure can not even be told', async () => {
    const { rounds, begun, clock } = bench(
      () => {
        throw new Error('broken');
      },
      {
        failed() {
          throw new Error('the disk is full');
        },
      },
    );
    rounds.wake('a');
    await clock.advance(1000);
    expect(begun).toHaveLength(2);
    await expect(rounds.stop()).resolves.toBeUndefined();
  });

  it('end when they are stopped: what is under way is waited for, and nothing begins', async () => {
    const { wait, next } = doors();
    const { rounds, begun, clock } = bench(key => (key === 'later' ? clock.now() + 1000 : wait()), {
      atOnce: 2,
    });
    for (const key of ['later', 'a', 'a']) rounds.wake(key);
    await settled();
    rounds.wake('a');
    let stopped = false;
    const stopping = rounds.stop().then(() => {
      stopped = true;
    });
    await clock.advance(5000);
    expect(stopped).toBe(false);
    next();
    await stopping;
    rounds.wake('b');
    await settled();
    expect(begun).toEqual(['later', 'a']);
    expect(clock.waiting).toBe(0);
  });
});

it('rounds in a row leave turns to who waits for an answer', async () => {
  const done: number[] = [];
  const rounds = keyedRounds({
    clock: fakeClock(0),
    work: async (key: number) => {
      done.push(key);
      return null;
    },
    failed: () => {},
  });
  for (let key = 0; key < 100; key++) rounds.wake(key);
  await new Promise(resolve => setImmediate(resolve));
  expect(done.length).toBeLessThan(50);
  await rounds.stop();
  expect(done).toEqual(Array.from({ length: 100 }, (_, key) => key));
});

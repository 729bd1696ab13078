import type { Clock } from '../../src/shared/clock.ts';

export interface FakeClock extends Clock {
  /** Lets time pass: calls that fall due are made in their order, and what each sets off is done before the next. */
  advance(milliseconds: number): Promise<void>;
  /** How many calls are still to come. */
  readonly waiting: number;
}

/** A clock that stands still until a test moves it. */
export function fakeClock(start = 1_800_000_000_000): FakeClock {
  const calls = new Set<{ at: number; call: () => void }>();
  let now = start;
  const next = (until: number) => [...calls].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => now,
    after(milliseconds, call) {
      if (Number.isNaN(milliseconds)) throw new Error('a delay is not a number');
      const due = { at: now + Math.max(0, milliseconds), call };
      calls.add(due);
      return { [Symbol.dispose]: () => void calls.delete(due) };
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      await settled();
      for (let due = next(end); due; due = next(end)) {
        calls.delete(due);
        now = due.at;
        due.call();
        await settled();
      }
      now = end;
    },
    get waiting() {
      return calls.size;
    },
  };
}

/** Everything that needs no more than promises to go on has gone on. */
export async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}

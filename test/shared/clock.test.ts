import { describe, expect, it } from 'vitest';
import { duration, isoTime, steadyTime, systemClock } from '../../src/shared/clock.ts';
import { fakeClock } from '../support/clock.ts';

describe('a duration', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [499, '0 s'],
    [4_000, '4 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [200_000, '3 min 20 s'],
    [1_800_000, '30 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '25 h'],
  ])('of %i ms is %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text));
});

it('a moment is told in UTC', () => expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z'));

describe('a time that follows a wall clock', () => {
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;

  /** Minute by minute, after the wall clock was set by `skew`. */
  function jumped(skew: number) {
    let elapsed = 5;
    let set = 0;
    const now = steadyTime(
      () => NOON + elapsed + set,
      () => elapsed,
    );
    const before = now();
    set = skew;
    const after = now();
    const minutes = Array.from({ length: 1440 }, () => {
      elapsed += MINUTE;
      return now();
    });
    return { before, after, minutes, wall: NOON + elapsed + set };
  }
  const NOON = 1_800_000_000_000;

  it.each([HOUR, -HOUR, 5, -5, 0])('does not jump by %i ms with it, and shows the same a day later', skew => {
    const { before, after, minutes, wall } = jumped(skew);
    expect(after).toBe(before);
    expect(minutes.at(-1)).toBe(wall);
    const halfHour = (minutes[29] ?? 0) - before;
    expect(halfHour).toBeGreaterThanOrEqual(27 * MINUTE);
    expect(halfHour).toBeLessThanOrEqual(33 * MINUTE);
    minutes.reduce((last, next) => {
      expect(next).toBeGreaterThan(last);
      return next;
    }, before);
  });
});

describe("the system's clock", () => {
  it('calls later, and at once what is overdue', async () => {
    const before = Date.now();
    await new Promise<void>(resolve => void systemClock.after(-1000, resolve));
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  it('does not call what was taken back, nor at once what lies beyond what timers hold', async () => {
    const called: string[] = [];
    const back = systemClock.after(0, () => called.push('back'));
    const far = systemClock.after(2 ** 40, () => called.push('far'));
    back[Symbol.dispose]();
    await new Promise<void>(resolve => void systemClock.after(5, resolve));
    far[Symbol.dispose]();
    expect(called).toEqual([]);
  });
});

describe('the clock of tests', () => {
  it('calls in order, at the time that was asked for, and lets each call finish what it sets off', async () => {
    const clock = fakeClock(1000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b ${clock.now()}`));
    clock.after(10, () => {
      void Promise.resolve().then(() => clock.after(5, () => seen.push(`a ${clock.now()}`)));
    });
    clock.after(15, () => seen.push('never'))[Symbol.dispose]();
    clock.after(31, () => seen.push('later'));
    await clock.advance(30);
    expect(seen).toEqual(['a 1015', 'b 1020']);
    expect(clock.now()).toBe(1030);
    expect(clock.waiting).toBe(1);
  });
});

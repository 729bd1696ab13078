import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { experienceOf } from '../../src/choice/experience.ts';
import type { PastRun } from '../../src/store/past.ts';
import { NOW } from '../support/tasks.ts';

const DAY = 24 * 3600_000;
const HERE = { repositoryId: 7, capabilities: [] };

function past(changes: Partial<PastRun> = {}): PastRun {
  const ended = { spawnedAt: NOW - 60_000, endedAt: NOW, costUsd: null, pullState: null };
  return { outcome: 'succeeded', repositoryId: 7, capabilities: '[]', ...ended, ...changes };
}

const runs = (succeeded: number, failed: number, changes: Partial<PastRun> = {}) => [
  ...Array.from({ length: succeeded }, () => past(changes)),
  ...Array.from({ length: failed }, () => past({ outcome: 'failed', ...changes })),
];

const expected = (all: PastRun[]) => experienceOf(all, HERE, NOW).expected;

describe('what is expected of an agent', () => {
  it('sinks with each pull request of it that people turn down', () => {
    expect(expected(runs(1, 0, { pullState: 'closed' }))).toBe(expected(runs(0, 1)));
    expect(expected(runs(1, 0, { pullState: 'merged' }))).toBe(expected(runs(1, 0)));
    const { like, seconds } = experienceOf(runs(5, 0, { pullState: 'closed' }), HERE, NOW);
    expect({ like, seconds }).toEqual({ like: { succeeded: 0, runs: 5 }, seconds: null });
  });

  it('is good while nothing is known, and comes to what it does', () => {
    expect(expected([])).toBe(0.9);
    expect(expected(runs(0, 1))).toBeCloseTo(9 / 11);
    expect(expected(runs(45, 45))).toBeCloseTo(54 / 100);
  });

  it.each(['failed', 'crashed', 'timed_out'] as const)('falls with a run that %s', outcome => {
    expect(expected([past({ outcome })])).toBeLessThan(0.9);
  });

  it('forgets: a run counts half after a week, and none counts more when the clock was set back', () => {
    expect(expected(runs(0, 2, { endedAt: NOW - 7 * DAY }))).toBeCloseTo(expected(runs(0, 1)));
    expect(expected(runs(0, 1, { endedAt: NOW + DAY }))).toBe(expected(runs(0, 1)));
  });

  it.each([
    ['another repository', { repositoryId: 8 }],
    ['other capabilities', { capabilities: '["tests"]' }],
  ])('counts a run with %s a quarter, and tells it apart', (_, elsewhere) => {
    expect(expected(runs(0, 4, elsewhere))).toBeCloseTo(expected(runs(0, 1)));
    const { like, others } = experienceOf([...runs(2, 0), ...runs(0, 3, elsewhere)], HERE, NOW);
    expect([like, others]).toEqual([
      { succeeded: 2, runs: 2 },
      { succeeded: 0, runs: 3 },
    ]);
  });

  it('stays between none and all, and is told with less doubt the more is known', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.integer({ min: -DAY, max: 400 * DAY }), (good, bad, age) => {
        const known = experienceOf(runs(good, bad, { endedAt: NOW - age }), HERE, NOW);
        expect(known.expected).toBeGreaterThan(0);
        expect(known.expected).toBeLessThan(1);
        expect(known.doubt).toBeGreaterThan(0);
        expect(known.doubt).toBeLessThan(0.5);
      }),
    );
    const doubt = (count: number) => experienceOf(runs(9 * count, count), HERE, NOW).doubt;
    expect(doubt(9)).toBeLessThan(doubt(1));
  });
});

describe('what a run takes', () => {
  const took = (seconds: number, costUsd: number | null = null) =>
    past({ spawnedAt: NOW - seconds * 1000, costUsd });

  it('is the median of those like it that succeeded', () => {
    const five = [took(10, 1), took(20, 2), took(30, 3), took(40, 4), took(9999, 99)];
    const noise = [past({ outcome: 'crashed', costUsd: 1000 }), ...runs(9, 0, { repositoryId: 8 })];
    expect(experienceOf([...five, ...noise], HERE, NOW)).toMatchObject({ seconds: 30, usd: 3 });
    expect(experienceOf([...five, took(40, 4)], HERE, NOW)).toMatchObject({ seconds: 35, usd: 3.5 });
  });

  it('is unknown while fewer than five say so', () => {
    expect(experienceOf([1, 2, 3, 4].map(took), HERE, NOW)).toMatchObject({ seconds: null, usd: null });
    const unpriced = [took(1, 1), took(1), took(1), took(1), took(1)];
    expect(experienceOf(unpriced, HERE, NOW)).toMatchObject({ seconds: 1, usd: null });
  });
});

import { expect, it } from 'vitest';
import { findLimit, resetTime } from '../../../src/agent/watch/limit.ts';

const NOW = new Date(2026, 10, 28, 14, 30).getTime();
const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();

it.each<[string, number | null]>([
  ['90', NOW + 90_000],
  ['1.5s', NOW + 1500],
  ['1h2m3s', NOW + 3_723_000],
  ['5m', NOW + 300_000],
  ['1795880000', 1_795_880_000_000],
  ['2026-11-28T18:00:00Z', Date.UTC(2026, 10, 28, 18)],
  ['3:37 PM', at(28, 15, 37)],
  ['3pm', at(28, 15)],
  ['12:10 am', at(29, 0, 10)],
  ['14:00', at(29, 14)],
  ['soon', null],
  ['', null],
])('a limit that ends at %j', (text, time) => {
  expect(resetTime(text, NOW)).toBe(time);
});

it('fits by status and message, the first rule counts', () => {
  const rules = [
    { status: [429], match: 'quota', kind: 'usage' as const, reset: 'in (\\d+)' },
    { status: [429], kind: 'rate' as const },
    { kind: 'rate' as const },
  ];
  const refused = { status: 429, message: 'quota, again in 60', reset: null };
  expect(findLimit(rules, refused, NOW)).toEqual({
    kind: 'usage',
    reason: refused.message,
    until: NOW + 60_000,
  });
  expect(findLimit(rules, { ...refused, message: 'wait' }, NOW)?.kind).toBe('rate');
  expect(findLimit(rules, { ...refused, status: null }, NOW)).toBeNull();
});

it.each([
  ['0.0005', NOW + 1],
  ['99999999999999999999', null],
  ['9'.repeat(400), null],
  ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
])('its end is a whole time, or none: %s', (reset, until) => {
  const rules = [{ status: [429], kind: 'rate' as const }];
  expect(findLimit(rules, { status: 429, message: '', reset }, NOW)?.until).toBe(until);
});

import { expect, it } from 'vitest';
import { median } from '../../src/shared/median.ts';

it.each([
  [[], null],
  [[3], 3],
  [[10, 9], 9.5],
  [[100, 1, 20], 20],
  [[4, 1, 3, 2], 2.5],
])('of %j it is %j', (values, middle) => {
  expect(median(values)).toBe(middle);
});

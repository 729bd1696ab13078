import { expect, it } from 'vitest';
import { playAll, scoreOf } from './rights/matrix.ts';

it('nobody gets what is not theirs, and everybody gets what is', async () => {
  const cells = await playAll();
  expect(cells.filter(({ seen, expected }) => seen !== expected)).toEqual([]);
  const score = scoreOf(cells);
  console.log(`${score.cells} cells, ${score.wrong_grants} wrong grants`);
  expect(score.cells).toBeGreaterThan(2000);
}, 120_000);

import { expect, it } from 'vitest';
import { overlapSentences } from '../../src/overlap/words.ts';

it('what will collide is told in a sentence each, and names of files and branches do nothing in it', () => {
  const told = overlapSentences(
    [
      { task: 1, other: null, conflicts: true, files: ['a.js', 'b\n`<b>@acme #1', 'c', 'd'] },
      { task: 1, other: 2, conflicts: true, files: ['a.js'] },
      { task: 1, other: 3, conflicts: false, files: ['a.js', 'b.js'] },
    ],
    'release/1',
    id => (id === 2 ? { id, pull: 7 } : null),
  );
  expect(told).toEqual([
    "Merging it conflicts with `release/1` in `a.js`, `b '<b>@acme #1`, `c`, and 1 more.",
    'Merging it conflicts with T2 (#7) in `a.js`.',
    'T3 works on `a.js` and `b.js` too.',
  ]);
});

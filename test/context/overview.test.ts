import { expect, it } from 'vitest';
import { overviewOf } from '../../src/context/overview.ts';

it.each([
  ['# Shop\n\nSells things.\nMany.\n\nMore.', '# Shop\n\nSells things.\nMany.\n'],
  ['# Shop\nSells things.', '# Shop\n\nSells things.\n'],
  [
    '[![CI](x)](y)\n\n<p align=center>\n\n![logo](z)\n\n# Shop\n\n[x]: y\n\n> Quoted\n\nSells\u200b things.',
    '# Shop\n\nSells things.\n',
  ],
  ['Sells things.', '# acme/shop\n\nSells things.\n'],
  ['# Shop\n\n```\ncode\n```\n', null],
  ['', null],
])('the overview of %j is %j', (readme, overview) => {
  expect(overviewOf(readme, 'acme/shop')).toBe(overview);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quiet } from '../../src/shared/markdown.ts';
import { visibleMarkdown } from '../../src/shared/visible.ts';
import { growth, NEARLY_LINEAR } from '../support/growth.ts';

/** Ways to put words where nobody sees them. */
const HIDING: ((words: string) => string)[] = [
  words => `<!-- ${words} -->`,
  words => `\n\n<!--\n${words}\n\n${words}-->\n\n`,
  words => `<span hidden>${words}</span>`,
  words => `<span title="${words}"></span>`,
  words => `\n\n<div hidden>\n\n${words}\n\n</div>\n\n`,
  words => `<span style="display: none">${words}</span>`,
  words => `<b data-x='${words}'></b>`,
  words => `<img alt="${words}" title="${words}">`,
  words => `<picture><source srcset="${words}"><img src="x.png" alt="${words}"></picture>`,
  words => `<script>${words}</script>`,
  words => `\n\n<style>\n${words}\n</style>\n\n`,
  words => `<template>${words}</template>`,
  words => `![${words}](x.png "${words}")`,
  words => `[seen](http://x.y "${words}")`,
  words => `[seen](http://x.y '${words}')`,
  words => `\n\n[x${words.replaceAll(' ', '')}]: http://x.y "${words}"\n\n`,
  words => `\n\n[//]: # (${words})\n\n`,
  words => `\n\n[^x${words.replaceAll(' ', '')}]: ${words} and more\n\n    ${words}\n\n`,
  words => `\n\n\`\`\`js ${words}\nseen\n\`\`\`\n\n`,
  words => `<?${words}?>`,
  words => `<!X ${words}>`,
  words => `<${words.replaceAll(' ', '-')}-element>seen</${words.replaceAll(' ', '-')}-element>`,
  words => [...words].map(char => `&#x${(0xe0000 + char.charCodeAt(0)).toString(16)};`).join(''),
  words => [...words].map(char => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join(''),
];

/** Ways to say something openly. */
const SHOWING: ((word: string) => string)[] = [
  word => word,
  word => `**${word}**`,
  word => `<b>${word}</b>`,
  word => `\`${word}\``,
  word => `[${word}](http://x.y)`,
  word => `\n\n# ${word}\n\n`,
  word => `\n\n- ${word}\n  - deeper\n\n`,
  word => `\n\n1. ${word}\n\n`,
  word => `\n\n> ${word}\n\n`,
  word => `\n\n~~~\n<!-- ${word} -->\n~~~\n\n`,
  word => `\n\n    ${word} = indented\n\n`,
  word => `\n\n| ${word} | b |\n| - | - |\n| 1 | 2 |\n\n`,
  word => `\n\n<details><summary>more</summary>\n\n${word}\n\n</details>\n\n`,
  word => `<https://x.y/${word}>`,
  word => `${word} &lt;&amp;&gt;`,
  word => `\\<!-- ${word} -->`,
];

const piece = (ways: typeof HIDING, words: string) => fc.constantFrom(...ways).map(way => way(words));

describe('of Markdown', () => {
  it('nothing hidden is left, and all that is seen is, in its order', () => {
    const shown = fc.tuple(...[0, 1, 2, 3].map(at => piece(SHOWING, `visible${at}`)));
    const hidden = fc.tuple(...[0, 1, 2, 3].map(() => piece(HIDING, 'evil words')));
    fc.assert(
      fc.property(shown, hidden, (words, secrets) => {
        const text = words.map((word, at) => `${word} ${secrets[at]}\n\nand`).join('\n\n');
        const seen = visibleMarkdown(text);
        expect(seen).not.toMatch(/evil/i);
        expect(seen.match(/visible\d/g)).toEqual(words.map((_, at) => `visible${at}`));
      }),
      { numRuns: 500 },
    );
  });

  it.each(HIDING.map(way => [way('evil words')]))('%j shows nothing of it', text => {
    expect(visibleMarkdown(`before ${text} after`)).not.toMatch(/evil/i);
    expect(visibleMarkdown(`before\n\n> ${text.trim().replaceAll('\n', '\n> ')}\n\nafter`)).not.toMatch(
      /evil/i,
    );
  });

  it.each([
    ['a plain report\nin two lines', 'a plain report\nin two lines'],
    ['```ts\nconst a = "<!-- kept -->";\n```', '```ts\nconst a = "<!-- kept -->";\n```'],
    ['- one\n- two\n  - three', '- one\n- two\n\n  - three'],
    ['see [^1]\n\n[^1]: a note', 'see [^1]\n\n[^1]: a note'],
    ['The <script> tag breaks', 'The <script> tag breaks'],
    ['an <!-- open comment', 'an <!-- open comment'],
    ['![a](https://x.y/z.png)', '![](https://x.y/z.png)'],
    ['> said\n>\n> twice', '> said\n>\n> twice'],
    ['a<br>b', 'a\nb'],
    ['5 < 6 && 7 > 6, a@b.c', '5 < 6 && 7 > 6, a@b.c'],
  ])('%j is seen as %j', (text, seen) => expect(visibleMarkdown(text)).toBe(seen));
});

it('any text is read, and none of it is invisible', () => {
  const unit = fc.constantFrom(
    ...[
      '<',
      '>',
      '<!--',
      '-->',
      '[',
      ']',
      '(',
      ')',
      '!',
      '`',
      '```',
      '\n',
      '\n\n',
      '> ',
      '- ',
      '    ',
      '&#8203;',
    ],
    ...[
      '<b hidden>',
      '</b>',
      '[^',
      ']: ',
      '"',
      '|',
      '\u200b',
      '\u202e',
      'word',
      '&',
      ';',
      '#',
      '\\',
      '<?',
      '<script>',
    ],
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), text => {
      expect(visibleMarkdown(text)).not.toMatch(/[\u200b\u202e]/);
    }),
  );
});

describe('long texts are read in a time that grows with their length', () => {
  const pieces = [
    'word ',
    '[',
    '![',
    '<',
    '<!-- ',
    '&amp;',
    '`a ``b ',
    '> ',
    '- ',
    '<b hidden>',
    '](',
    '[^a]',
    '@a',
    '/@a',
  ];

  it.each(pieces)('of %j', piece => {
    const text = piece.repeat(Math.ceil(60_000 / piece.length));
    expect(growth(part => void visibleMarkdown(part), text)).toBeLessThan(NEARLY_LINEAR);
    expect(growth(part => void quiet(part), text)).toBeLessThan(NEARLY_LINEAR);
  });
});

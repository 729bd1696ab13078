import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { fenced, plain, plainCell, quiet } from '../../src/shared/markdown.ts';

const markdown = new MarkdownIt({ html: true });
type Token = ReturnType<typeof markdown.parse>[number];

/** What a reader sees of inline tokens, with the types that they have. */
function inline(tokens: readonly Token[]) {
  const children = tokens.flatMap(token => token.children ?? []);
  return {
    types: new Set(children.map(token => token.type)),
    text: children.map(token => token.content).join(''),
  };
}

const hostile = fc.string({
  maxLength: 40,
  unit: fc.constantFrom(
    ...['`', '``', '[', ']', '(', ')', '!', '*', '**', '_', '#', '# ', '~', '~~', '|', '\\', '<', '>', '&'],
    ...['<b>', '<!--', '-->', '&lt;', 'a', '1', '.', '-', '- ', '+ ', '=', ':', '://', 'x.y', ' ', '    '],
    ...['\n', '\r', '\t', '"', "'", '$', '{', '}', '/', 'é'],
  ),
});

describe('others’ words', () => {
  it('show as they were written, and nothing in them is live', () => {
    fc.assert(
      fc.property(hostile, text => {
        const tokens = markdown.parse(plain(text), {});
        expect(
          tokens.every(({ type }) => ['paragraph_open', 'inline', 'paragraph_close'].includes(type)),
        ).toBe(true);
        const seen = inline(tokens);
        expect(
          [...seen.types].filter(type => !['text', 'text_special', 'code_inline'].includes(type)),
        ).toEqual([]);
        if (!text.includes('`')) {
          const written = text.replace(/\r\n?/g, '\n').replace(/[\n\t]+/g, ' ');
          expect(seen.text.replaceAll('\u200b', '')).toBe(written.trim());
        }
      }),
    );
  });

  it('stay within one cell of a table', () => {
    fc.assert(
      fc.property(hostile, text => {
        const tokens = markdown.parse(`| a | b |\n| --- | --- |\n| ${plainCell(text)} | end |`, {});
        const cells = tokens.filter((_, at) => tokens[at - 1]?.type === 'td_open');
        expect(cells.map(cell => inline([cell]).text).at(-1)).toBe('end');
        expect(cells).toHaveLength(2);
        expect([...inline(cells).types].filter(type => !type.startsWith('text'))).toEqual([]);
      }),
    );
  });

  it.each([
    ['![x](https://evil.example/p.png)', '!\\[x\\](https://evil.example/p.png)'],
    ['ask @writer', 'ask @&#8203;writer'],
    ['# big', '\\# big'],
    ['E_FORK: it is _so_', 'E_FORK: it is \\_so\\_'],
    ['the setup command `npm ci --x=*` failed', 'the setup command `npm ci --x=*` failed'],
    ['a lone ` is <b>shown</b>', 'a lone \\` is &lt;b>shown&lt;/b>'],
  ])('%j becomes %j', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});

it('a code block is not closed by its content', () => {
  fc.assert(
    fc.property(hostile, text => {
      const tokens = markdown.parse(fenced(text), {});
      expect(tokens.map(token => token.type)).toEqual(['fence']);
    }),
  );
});

it('a code block holds nothing invisible, by which a secret could be taken apart', () => {
  expect(fenced('gh\u200bp_\u2060a')).toBe('```text\nghp_a\n```');
});

describe('others’ Markdown', () => {
  it.each([
    ['**Done**, ask @writer or @acme/core', '**Done**, ask @&#8203;writer or @&#8203;acme/core'],
    ['Like #12 and acme/shop#3, GH-4', 'Like #&#8203;12 and acme/shop#&#8203;3, GH-&#8203;4'],
    ['Fixes: https://x.y/z/issues/1', 'Fixes&#8203;: https://x.y/z/issues/1'],
    ['/orch cancel\n- /orch cancel', '/orch&#8203; cancel\n- /orch cancel'],
    [
      '`@writer #1` and\n\n    @writer #2\n\n```\n@writer #3\n```',
      '`@writer #1` and\n\n    @writer #2\n\n```\n@writer #3\n```',
    ],
    [
      'https://npm.example/@scope/x#3 [a](https://x.y/@b)',
      'https://npm.example/@scope/x#3 [a](https://x.y/@b)',
    ],
    [
      'See[^1].\n\n[^1]: Some\n\n    @writer closes #1\n\n        @code',
      'See[^1].\n\n[^1]: Some\n\n    @&#8203;writer closes #&#8203;1\n\n        @code',
    ],
    ['<b>@writer</b>', '<b>@&#8203;writer</b>'],
    ['\\@writer', '\\@&#8203;writer'],
    ['| @a |\n| - |\n| #1 |', '| @&#8203;a |\n| - |\n| #&#8203;1 |'],
    ['# Title, me@home, C#', '# Title, me@&#8203;home, C#'],
  ])('%j calls nobody: %j', (text, expected) => expect(quiet(text)).toBe(expected));
});

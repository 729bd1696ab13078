import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseComment } from '../../src/command/comment.ts';
import { stripInvisible } from '../../src/shared/invisible.ts';
import { growth, NEARLY_LINEAR } from '../support/growth.ts';

function instructions(body: string): string[] {
  return parseComment(body).map(parsed => (parsed.kind === 'run' ? parsed.instruction : parsed.kind));
}

describe('a comment starts a task when a line of its text begins with /orch', () => {
  it.each([
    ['alone', '/orch fix it', ['fix it']],
    ['after other text', 'Good morning.\n/orch fix it', ['fix it']],
    ['indented a little', '   /orch fix it', ['fix it']],
    ['with Windows line ends', 'Hello\r\n/orch fix it\r\nthanks', ['fix it\nthanks']],
    ['after a byte order mark', '\ufeff/orch fix it', ['fix it']],
    ['above a line of dashes', '/orch fix it\n---', ['fix it\n---']],
    ['in the text of a list item', '- a point\n\n  /orch fix it', ['fix it']],
    ['after a fence that is closed', '```\ncode\n```\n/orch fix it', ['fix it']],
    ['in the text of a folded part', '<details>\n\n/orch fix it\n\n</details>', ['fix it\n\n</details>']],
    ['after a comment that is escaped', '\\<!-- note\n/orch fix it', ['fix it']],
    ['in a link text', '[see\n/orch fix it](https://example.com)', ['fix it](https://example.com)']],
  ])('%s', (_, body, expected) => expect(instructions(body)).toEqual(expected));
});

describe('a comment is ignored when /orch stands', () => {
  it.each([
    ['in a fence that a control character seems to close', '```\n`\u0008``\n/orch fix it\n```'],
    ['in an HTML comment that one seems to close', '<!--\n-\u0008->\n/orch fix it\n-->'],
    ['in the middle of a line', 'please /orch fix it'],
    ['within a longer word', '/orchestrate fix it'],
    ['in a path', '/orch/fix it'],
    ['behind a backslash', '\\/orch fix it'],
    ['behind a list mark', '- /orch fix it'],
    ['in a heading', '# /orch fix it'],
    ['in a fence', '```\n/orch fix it\n```'],
    ['in a fence of tildes', '~~~\n/orch fix it\n~~~'],
    ['in a fence that is never closed', '```sh\n\n/orch fix it'],
    ['in a fence inside a list', '- ```\n  /orch fix it\n  ```'],
    ['in a longer fence around a shorter one', '````\n```\n/orch fix it\n```\n````'],
    ['in indented code', 'see:\n\n    /orch fix it'],
    ['in inline code over two lines', 'see `a\n/orch fix it`'],
    ['in a block quote', '> /orch fix it'],
    ['on a line that continues a block quote', '> as you said\n/orch fix it'],
    ['in a list inside a block quote', '> - point\n>\n>   /orch fix it'],
    ['in an HTML comment', '<!-- \n/orch fix it\n\n/orch again\n-->'],
    ['in an HTML comment within a paragraph', 'note <!-- hidden\n/orch fix it --> end'],
    ['in an HTML comment that is never closed', '<!--\n\n/orch fix it'],
    ['in an HTML comment that outlives its block', '<div>\n<!--\n\n/orch fix it'],
    ['in an HTML block', '<pre>\n/orch fix it\n\n/orch again\n</pre>'],
    ['in an attribute', 'a <a title="\n/orch fix it\n">b</a>'],
    ['in the title of a link', '[a](b "title\n/orch fix it\n")'],
    ['in the description of an image', '![a\n/orch fix it](b)'],
    ['in a link definition', '[a]: b "title\n/orch fix it\n"'],
    ['after a line separator that is no line end', 'a\u2028/orch fix it'],
    ['nowhere', 'Nothing to do here.'],
  ])('%s', (_, body) => expect(parseComment(body)).toEqual([]));
});

describe('an instruction arrives as it was written', () => {
  it('with the text, lists and code below it', () => {
    const text = 'fix the parser\n\n- first\n- second\n\n```js\nif (a < b) /orch();\n```\n\n> quoted';
    expect(instructions(`/orch ${text}`)).toEqual([text]);
  });

  it('without HTML comments, except those in code', () => {
    const body = '/orch fix <!-- hidden --> it\n\n<!-- template\n/orch no\n-->\n\n`<!-- kept -->`';
    expect(instructions(body)).toEqual(['fix  it\n\n\n\n`<!-- kept -->`']);
  });

  it('without control characters, which can neither hide nor make a command', () => {
    expect(instructions('/orch fix \u001b[201~it\u0000\u0007\u009b')).toEqual(['fix [201~it']);
    expect(instructions('x\u0001/orch fix it')).toEqual([]);
  });

  it('with joined emoji, shell characters and Markdown left alone', () => {
    const text = '👩‍👩‍👧‍👦 $(touch x) `id` ; rm -rf ~ | * _a_ \\n %s "x" &amp; é e\u0301 {{x}} <% y %>';
    expect(instructions(`/orch ${text}`)).toEqual([text]);
  });

  it('as several tasks, where a comment has several commands', () => {
    const body = '/orch first\nmore\n\nand more\n/orch second\n```\n/orch no\n```\n  /orch third';
    expect(instructions(body)).toEqual(['first\nmore\n\nand more', 'second\n```\n/orch no\n```', 'third']);
  });
});

describe('whatever people write', () => {
  const pieces = fc.constantFrom(
    '/orch',
    '/orch ',
    ' ',
    '\n',
    '\n\n',
    '```',
    '~~~',
    '    ',
    '> ',
    '- ',
    '1. ',
    '<!--',
    '-->',
    '<div>',
    '`',
    '--agent',
    '--',
    'fix it',
    '"',
    '[a](b',
    '\\',
    '\u0001',
    '\u2028',
    '\t',
    '---\n',
    'status',
    'T1',
  );
  const markdown = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(pieces, { maxLength: 40 }).map(parts => parts.join('')),
  );

  it('the parser answers and never throws', () => {
    fc.assert(fc.property(markdown, body => parseComment(body).every(parsed => parsed.kind !== undefined)));
  });

  it('a reply is never a command itself', () => {
    const line = fc.oneof(
      markdown,
      fc.string().map(text => `--${text}`),
      fc.string().map(text => `help ${text}`),
    );
    fc.assert(
      fc.property(line, text => {
        for (const parsed of parseComment(`/orch ${text}`)) {
          if (parsed.kind === 'reply') expect(parseComment(parsed.text)).toEqual([]);
        }
      }),
    );
  });

  it('nothing inside a fence, a quote or an HTML comment is a command', () => {
    // Blanks in their place: taken out, they could leave another behind.
    const lines = markdown.map(text => text.replaceAll(/`{3,}|-->/g, ' ').replaceAll('\r', '\n'));
    fc.assert(
      fc.property(lines, text => {
        expect(parseComment(`\`\`\`\n${text}\n/orch x\n\`\`\``)).toEqual([]);
        expect(parseComment(`<!--\n${text}\n/orch x\n-->`)).toEqual([]);
        expect(parseComment(`${text}\n/orch x`.replace(/^/gm, '> '))).toEqual([]);
      }),
    );
  });

  it('an instruction loses what is invisible', () => {
    expect(instructions('/orch fix\u200b it \u202enow\u{e0041} 👩‍💻')).toEqual(['fix it now 👩‍💻']);
  });

  it('an instruction of plain words comes through a comment unchanged, in its order', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).map(text => `w${text}`);
    const plain = fc
      .array(word, { minLength: 2, maxLength: 8 })
      .map(words => stripInvisible(words.join(' ')));
    const safe = plain.filter(text => text === text.trim() && !/[`<>[\]\\\p{Cc}]|--/u.test(text));
    fc.assert(
      fc.property(fc.array(safe, { minLength: 1, maxLength: 5 }), texts => {
        expect(instructions(texts.map(text => `/orch ${text}`).join('\n\n'))).toEqual(texts);
      }),
    );
  });
});

describe('long comments are read in a time that grows with their length', () => {
  const size = 100_000;
  const fill = (piece: string) => piece.repeat(Math.ceil(size / piece.length));

  it.each([
    ['words', fill('word ')],
    ['one word', fill('x')],
    ['spaces', `a${fill(' ')}b`],
    ['quote marks', fill('>')],
    ['list marks', fill('1. ')],
    ['headings', fill('a\n-\n')],
    ['brackets', fill('[')],
    ['code marks', fill('`a ``b ')],
    ['open comments', fill('a <!-- ')],
    ['open comments in blocks', fill('<div>\n<!--\n\n')],
    ['options', `a${fill(' --agent b')}`],
    ['a slash between commands', fill('/\n/orch a\n\n')],
  ])('%s', (_, text) => {
    const read = (part: string) => void parseComment(`/orch ${part}\n\n/orch end`);
    expect(growth(read, text)).toBeLessThan(NEARLY_LINEAR);
  });

  it('and a long instruction arrives whole', () => {
    const text = fill('fix it ').trim();
    expect(instructions(`/orch ${text}`)).toEqual([text]);
  });
});

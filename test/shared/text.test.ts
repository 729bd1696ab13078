import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/shared/program.ts';
import { shellQuote, shorten, stripControl } from '../../src/shared/text.ts';

const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string());

describe('control characters', () => {
  it('go, with newline and tab left', () => {
    expect(stripControl('a\u001b[31mb\u0007\u009b2Jc\u007f\td\r\ne\rf\u0000')).toBe('a[31mb2Jc\td\ne\nf');
  });

  it('are never left, and stripping twice changes nothing more', () => {
    fc.assert(
      fc.property(anything, text => {
        const left = stripControl(text);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(left).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        expect(stripControl(left)).toBe(left);
      }),
    );
  });
});

describe('a shortened text', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['a😀b', 3, 'a…'],
    ['😀😀', 4, '😀😀'],
  ])('%j to %i is %j', (text, limit, short) => expect(shorten(text, limit)).toBe(short));

  it('keeps the limit and breaks no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const short = shorten(text, limit);
        expect(short.length).toBeLessThanOrEqual(limit);
        expect(short.isWellFormed()).toBe(true);
      }),
    );
  });
});

it('a quoted word reaches a shell as it is', async () => {
  for (const word of ["it's", '$(id) `id` "x" \\', '', 'a\nb', '-n', '*'])
    expect(
      await runProgram('/bin/sh', ['-c', `printf %s ${shellQuote(word)}`], { stripFinalNewline: false }),
    ).toBe(word);
});

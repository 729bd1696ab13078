import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stripInvisible } from '../../src/shared/invisible.ts';

describe('invisible characters', () => {
  it.each([
    ['zero-width spaces and joiners', 'a\u200bb\u200cc\u200dd\u2060e\ufefff', 'abcdef'],
    ['bidirectional controls', '\u202eabc\u202c \u2066d\u2069 \u200e\u200f\u061c', 'abc d '],
    [
      'tag characters',
      `ok${[...'ignore'].map(c => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}`,
      'ok',
    ],
    ['variation selectors without an emoji', 'a\ufe00b\ufe0fc\u{e0100}\u{e01ef}', 'abc'],
    ['variation selectors in a row', '😀\ufe0f\ufe0f\ufe0e\u{e0101}', '😀\ufe0f'],
    ['soft hyphens and fillers', 'so\u00adft\u115f\u3164\uffa0\u034f', 'soft'],
    ['interlinear annotations', '\ufff9a\ufffab\ufffb', 'ab'],
    ['control characters', 'a\u0000b\u001b[31mc', 'ab[31mc'],
    ['half characters become signs that are seen', 'a\ud800b', 'a\ufffdb'],
    ['joiners between other things', 'a\u200d😀\u200db', 'a😀b'],
    ['a digit’s variation selector outside of a keycap', '1\ufe0f2', '12'],
  ])('go: %s', (_, text, left) => expect(stripInvisible(text)).toBe(left));

  it.each([
    ['families', '👩‍👩‍👧 🧑🏽‍💻 ❤️‍🔥 👁️‍🗨️'],
    ['flags and keycaps', '🏳️‍🌈 🇮🇷 1️⃣ #️⃣'],
    ['text and emoji forms of a sign', '☎︎ ☎️ ©️'],
    ['Persian words', 'می‌خواهم نمی‌دانم'],
    ['Indic conjuncts', 'क्‍ष ශ්‍රී ക്‍ഷ'],
    ['combining marks, and numbers in Arabic', 'é ñ ٠١٢ \u0600'],
  ])('stay where they are seen: %s', (_, text) => expect(stripInvisible(text)).toBe(text));

  it('are never left, visible ones are, and stripping twice changes nothing more', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom(
        '\u200b',
        '\u200d',
        '\ufe0f',
        '\u202e',
        '\u{e0041}',
        '\u00ad',
        '\u{e0100}',
        '😀',
        'ا',
        '1',
      ),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), units => {
        const text = units.join('');
        const left = stripInvisible(text);
        expect(stripInvisible(left)).toBe(left);
        expect(left).not.toMatch(
          /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u00ad\ufeff]|[\u{e0000}-\u{e0fff}]/u,
        );
        expect(left).not.toMatch(/(?:\u200c|\u200d|[\ufe00-\ufe0f]){2}/u);
        const visible = (s: string) =>
          s.replace(/\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]|(?!\n|\t)\p{Cc}/gu, '');
        expect(visible(left)).toBe(visible(text.toWellFormed().replace(/\r\n?/g, '\n')));
      }),
    );
  });
});

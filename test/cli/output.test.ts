import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns } from '../../src/cli/output.ts';

describe('columns', () => {
  it('are as wide as their widest cell, with nothing at the end', () => {
    expect(
      columns([
        ['A', 'B', 'C'],
        ['long', '', 'x'],
        ['y', 'zz', ''],
      ]),
    ).toBe('A     B   C\nlong      x\ny     zz');
    expect(columns([])).toBe('');
  });

  it('cut what is long', () => {
    expect(columns([['x'.repeat(100)]])).toBe(`${'x'.repeat(59)}…`);
  });

  it('give each row one line, whatever stands in its cells', () => {
    expect(columns([['a\r\nT9  completed', '\u001b[2Jb\tc']])).toBe('a T9  completed  [2Jb c');
    const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r', '\u001b[1A', '\u0085'));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), rows => {
        const text = columns(rows);
        expect(text.split('\n')).toHaveLength(rows.length);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
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

  it('fit into a narrow terminal at the cost of the widest, and count what is wide as wide', () => {
    const rows = [
      ['T1', '修正'.repeat(10), 'short'],
      ['T2', 'x'.repeat(40), 'also short'],
    ];
    const text = columns(rows, ['TASK', 'WHAT', 'HOW'], 40);
    expect(text.split('\n')).toEqual([
      'TASK  WHAT                    HOW',
      `T1    ${'修正'.repeat(5)}…   short`,
      `T2    ${'x'.repeat(21)}…  also short`,
    ]);
    expect(columns(rows, undefined, 10).split('\n')[1]).toBe('T2  xxxxxxx…  also sh…');
  });

  it('have colours where a person looks, and none with NO_COLOR', () => {
    vi.stubEnv('FORCE_COLOR', '1');
    vi.stubEnv('NO_COLOR', undefined);
    expect(columns([['T1', { text: 'failed', style: 'red' }, 'x']])).toBe(
      'T1  \u001b[31mfailed\u001b[39m  x',
    );
    vi.stubEnv('FORCE_COLOR', undefined);
    vi.stubEnv('NO_COLOR', '1');
    expect(columns([['T1', { text: 'failed', style: 'red' }, 'x']])).toBe('T1  failed  x');
    vi.unstubAllEnvs();
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

import { describe, expect, it } from 'vitest';
import { meant, namedFiles } from '../../src/overlap/named.ts';

describe('files that people name', () => {
  it('are found in their words, and in no links', () => {
    expect(
      namedFiles(
        'Mend `src/total.js`, tax.py and docs/.\nSee https://example.com/other.js, e.g. a/b/c; it takes 1.5 s.',
      ),
    ).toEqual(['src/total.js', 'tax.py', 'a/b/c']);
    expect(namedFiles('')).toEqual([]);
  });

  it('mean files by their name, their path, or the folder that they are in', () => {
    const files = ['src/total.js', 'total.js', 'lib/a/one.ts', 'metal.js'];
    expect(meant(['total.js'], files)).toEqual(['src/total.js', 'total.js']);
    expect(meant(['src/total.js'], files)).toEqual(['src/total.js']);
    expect(meant(['lib/a'], files)).toEqual(['lib/a/one.ts']);
    expect(meant(['tal.js', 'lib'], files)).toEqual([]);
  });

  it('are few and short, whatever the text is', () => {
    for (const part of ['a.', 'a/', './', '/.', 'a ', 'a.b ', '-'])
      expect(namedFiles(part.repeat(1_000_000)).length).toBeLessThan(2);
    const many = Array.from({ length: 1000 }, (_, at) => `${at}.js`).join(' ');
    expect(namedFiles(many)).toHaveLength(200);
  });
});

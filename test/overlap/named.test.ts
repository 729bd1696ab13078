import { describe, expect, it } from 'vitest';
import { meant, namedFiles } from '../../src/overlap/named.ts';

describe('files that people name', () => {
  it('are found in their words, and in no links', () => {
    expect(
      namedFiles(
        'Mend `src/total.js`, tax.py and docs/.\nSee https://example.com/other.js, e.g. a/b/c; it takes 1.5 s.',
      ),
    ).toEqual(['src/total.js', 'tax.py', 'e.g', 'a/b/c']);
    expect(namedFiles('')).toEqual([]);
  });

  it('mean files by their name, their path, or the folder that they are in', () => {
    const files = ['src/total.js', 'total.js', 'lib/a/one.ts', 'metal.js'];
    expect(meant(['total.js'], files)).toEqual(['src/total.js', 'total.js']);
    expect(meant(['src/total.js'], files)).toEqual(['src/total.js']);
    expect(meant(['lib/a'], files)).toEqual(['lib/a/one.ts']);
    expect(meant(['tal.js', 'lib'], files)).toEqual([]);
  });

  it('are read in a moment, whatever the text is', () => {
    const began = performance.now();
    namedFiles('a.'.repeat(1_000_000));
    namedFiles('a/'.repeat(1_000_000));
    expect(namedFiles('-'.repeat(1_000_000))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});

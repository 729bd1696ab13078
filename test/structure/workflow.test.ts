import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesUnder } from './source.ts';

describe.each(filesUnder('.github/workflows'))('$path', ({ text }) => {
  it('may read the contents of the repository and nothing else', () => {
    expect(parse(text).permissions).toEqual({ contents: 'read' });
  });

  it('uses actions by commit, as tags can be moved', () => {
    const used = [...text.matchAll(/uses: *(\S+)/g)].map(([, action]) => action);
    expect(used.filter(action => !/@[0-9a-f]{40}$/.test(action ?? ''))).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OWN_CODE, type OwnProgram, ownProgram } from '../../src/shared/own-programs.ts';
import { ROOT } from '../structure/source.ts';

const NAMES = ['orch', 'worktree', 'narrator', 'inside', 'integrity', 'demo-agent'] satisfies OwnProgram[];

describe("Orch's own programs", () => {
  it.each(NAMES)('%s is a file, and its arguments are its own', name => {
    const [file, ...args] = ownProgram(name);
    expect(existsSync(file)).toBe(true);
    expect(args).toEqual([]);
  });

  it('are all known as beginnings to the search for unused code', () => {
    const { entry } = JSON.parse(readFileSync(`${ROOT}knip.json`, 'utf8'));
    const files = NAMES.map(name => relative(ROOT, ownProgram(name)[0])).filter(file => file.endsWith('.ts'));
    expect(entry).toEqual(expect.arrayContaining(files));
  });

  it('are read from the sources and the package', () => {
    expect(OWN_CODE.map(path => relative(ROOT, path))).toEqual(['src', 'package.json']);
  });
});

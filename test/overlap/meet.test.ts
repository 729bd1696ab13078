import { describe, expect, it } from 'vitest';
import { type Branch, collisions } from '../../src/overlap/meet.ts';

function branch(task: number, changes: Partial<Branch> = {}): Branch {
  return { task, isLive: false, head: `h${task}`, base: 'base', files: [], onBase: [], ...changes };
}

/** Conflicts in `a` where told; each merge that is rehearsed is written down. */
function merges(...conflicting: string[]) {
  const rehearsed: string[] = [];
  const conflicts = async (one: string, other: string) => {
    rehearsed.push(`${one}+${other}`);
    return conflicting.includes(`${one}+${other}`) ? ['a'] : [];
  };
  return { conflicts, rehearsed };
}

describe('what will collide', () => {
  it('is told of both, and of one with its base', async () => {
    const git = merges('h1+h2', 'h2+base');
    const found = await collisions(
      [branch(1, { files: ['a', 'b'] }), branch(2, { files: ['a'], onBase: ['a'] })],
      git,
    );
    expect(found).toEqual([
      { task: 2, other: null, conflicts: true, files: ['a'] },
      { task: 1, other: 2, conflicts: true, files: ['a'] },
      { task: 2, other: 1, conflicts: true, files: ['a'] },
    ]);
  });

  it('is rehearsed only where files meet', async () => {
    const git = merges();
    const many = Array.from({ length: 50 }, (_, at) => branch(at + 1, { files: [`own-${at}`] }));
    many[3] = branch(4, { files: ['own-3', 'own-40'], onBase: ['elsewhere'] });
    expect(await collisions(many, git)).toEqual([]);
    expect(git.rehearsed).toEqual(['h4+h41']);
  });

  it('are files that two agents work on now, though what they have committed can be merged', async () => {
    const live = { isLive: true, files: ['a', 'b'] };
    const found = await collisions([branch(1, live), branch(2, { ...live, head: null })], merges());
    expect(found).toEqual([
      { task: 1, other: 2, conflicts: false, files: ['a', 'b'] },
      { task: 2, other: 1, conflicts: false, files: ['a', 'b'] },
    ]);
    expect(await collisions([branch(1, live), branch(2, { files: ['a'] })], merges())).toEqual([]);
  });
});

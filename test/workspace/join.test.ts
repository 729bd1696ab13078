import { describe, expect, it } from 'vitest';
import { execGit } from '../../src/workspace/git.ts';
import { joinHeads } from '../../src/workspace/join.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { bench } from '../support/workspace.ts';

const AUTHOR = { name: 'orch[bot]', email: 'orch@example.com' };

describe('several heads', () => {
  it('are joined to one commit, the same each time, unless one holds the others', async () => {
    await using place = await bench({ 'README.md': 'Hello\n' });
    const { server, store } = place;
    const base = place.sha;
    const one = await server.commit('one', { 'one.txt': '1' }, { from: base });
    const two = await server.commit('two', { 'two.txt': '2' }, { from: base });
    const more = await server.commit('one', { 'more.txt': '1' });
    await fetchStore(store, server.remote);
    expect(await joinHeads(store, [one, more, one], AUTHOR)).toEqual({ sha: more });
    const joined = await joinHeads(store, [more, two, one], AUTHOR);
    expect(await joinHeads(store, [more, two, one], AUTHOR)).toEqual(joined);
    const { sha } = joined as { sha: string };
    const read = (...args: string[]) => execGit(args, { directory: store.directory });
    expect((await read('ls-tree', '--name-only', sha)).split('\n')).toEqual([
      'README.md',
      'more.txt',
      'one.txt',
      'two.txt',
    ]);
    expect(await read('show', '-s', '--format=%P %an', sha)).toBe(`${more} ${two} orch[bot]`);
  });

  it('that conflict are told by their files', async () => {
    await using place = await bench();
    const { server, store, sha } = place;
    const one = await server.commit('one', { 'a.txt': '1', 'b.txt': '1' }, { from: sha });
    const two = await server.commit('two', { 'a.txt': '2', 'b.txt': '1' }, { from: sha });
    await fetchStore(store, server.remote);
    expect(await joinHeads(store, [one, two], AUTHOR)).toEqual({ conflicts: ['a.txt'] });
  });
});

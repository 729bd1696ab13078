import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { execGit } from '../../src/workspace/git.ts';
import { openRehearsal } from '../../src/workspace/rehearse.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { bench } from '../support/workspace.ts';

describe('the rehearsal of a merge', () => {
  it('tells conflicts, and leaves nothing in the store', async () => {
    await using place = await bench({ 'a.txt': '0', 'b.txt': '0' });
    const { server, store, sha } = place;
    const one = await server.commit('one', { 'a.txt': '1', 'new\nline': '1' }, { from: sha });
    const two = await server.commit('two', { 'a.txt': '2' }, { from: sha });
    const three = await server.commit('three', { 'b.txt': '3' }, { from: sha });
    await fetchStore(store, server.remote);
    const count = () => execGit(['count-objects', '-v'], { directory: store.directory });
    const before = await count();
    const rehearsal = openRehearsal(store);
    expect(await rehearsal.conflicts(one, two)).toEqual(['a.txt']);
    expect(await rehearsal.conflicts(one, three)).toEqual([]);
    expect(await rehearsal.changed(sha, one)).toEqual(['a.txt', 'new\nline']);
    expect(await rehearsal.holds(one, sha)).toBe(true);
    expect(await rehearsal.holds(sha, one)).toBe(false);
    await expect(rehearsal.conflicts(one, 'f'.repeat(40))).rejects.toThrow('E_PROGRAM_FAILED');
    expect(await count()).toBe(before);
    expect((await readdir(store.directory)).filter(name => name.startsWith('quarantine'))).toEqual([]);
  });
});

import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { execGit } from '../../src/workspace/git.ts';
import { openRehearsal } from '../../src/workspace/rehearse.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { touchedFiles } from '../../src/workspace/touched.ts';
import { agentAtWork, bench } from '../support/workspace.ts';

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
    await expect(rehearsal.conflicts(one, 'f'.repeat(40))).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
    });
    expect(await count()).toBe(before);
    expect((await readdir(store.directory)).filter(name => name.startsWith('quarantine'))).toEqual([]);
  });
});

describe('the files that an agent has touched', () => {
  it('are those that it has changed, committed or not, made or removed, by its own git', async () => {
    await using place = await bench({ 'a.txt': '0', 'b.txt': '0', 'c.txt': '0', '.gitignore': 'out\n' });
    await using agent = await agentAtWork(place);
    const script = `echo 1 > a.txt && git commit -qam a && rm b.txt && echo 1 > 'new
file' && echo 1 > out && git config diff.external /bin/false`;
    await agent.asAgent('sh', ['-c', script]);
    expect(await touchedFiles(agent.asAgent, place.sha)).toEqual(['a.txt', 'b.txt', 'new\nfile']);
    await expect(touchedFiles(agent.asAgent, 'f'.repeat(40))).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
    });
  });
});

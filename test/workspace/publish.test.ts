import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changedFiles, commits, pushBranch, remoteBranch } from '../../src/workspace/publish.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { type Bench, bench } from '../support/workspace.ts';

const BRANCH = 'orch/T1-fix';

describe('pushBranch', () => {
  it('makes the branch, moves it from where it is expected, and may be repeated', async () => {
    await using made = await bench();
    const next = await topic(made);
    expect(await remoteBranch(made.server.remote, BRANCH)).toBe(null);
    expect(await push(made, made.sha, null)).toEqual({ kind: 'pushed' });
    expect(await push(made, made.sha, null)).toEqual({ kind: 'pushed' });
    expect(await push(made, next, made.sha)).toEqual({ kind: 'pushed' });
    expect(await remoteBranch(made.server.remote, BRANCH)).toBe(next);
    expect(await push(made, made.sha, next)).toEqual({ kind: 'pushed' });
  });

  it("never overwrites somebody else's branch or commits", async () => {
    await using made = await bench();
    const next = await topic(made);
    await made.server.git('branch', BRANCH, next);
    const exists = { kind: 'rejected', reason: 'exists', text: 'stale info' };
    expect(await push(made, made.sha, null)).toEqual(exists);
    const other = await made.server.commit('other', { other: '1' });
    await fetchStore(made.store, made.server.remote);
    expect(await push(made, other, made.sha)).toMatchObject({ kind: 'rejected', reason: 'stale' });
    expect(await remoteBranch(made.server.remote, BRANCH)).toBe(next);
  });

  it.each([
    ['GH006: Protected branch update failed for refs/heads/x.', 'protected'],
    ['GH013: Repository rule violations found for refs/heads/x.', 'protected'],
    ['refusing to allow a GitHub App to create or update workflow', 'other'],
  ])('passes on what GitHub says: %s', async (said, reason) => {
    await using made = await bench();
    const hook = `#!/bin/sh\necho "${said}" >&2\nexit 1\n`;
    await writeFile(join(made.server.directory, 'hooks/pre-receive'), hook, { mode: 0o755 });
    const text = `pre-receive hook declined\n${said}`;
    expect(await push(made, made.sha, null)).toEqual({ kind: 'rejected', reason, text });
  });

  it('throws when GitHub is not reached or lets nobody in', async () => {
    await using made = await bench();
    const locked = { ...made.server.remote, token: async () => null };
    const options = { sha: made.sha, branch: BRANCH, expected: null };
    await expect(pushBranch(made.store, locked, options)).rejects.toMatchObject({ code: 'E_PROGRAM_FAILED' });
    await expect(remoteBranch(locked, BRANCH)).rejects.toMatchObject({ code: 'E_PROGRAM_FAILED' });
  });
});

describe('what a branch brings', () => {
  it('is told as commits, the oldest first, and as names of files', async () => {
    await using made = await bench();
    const head = await topic(made);
    await made.server.commit('main', { later: '1' });
    await fetchStore(made.store, made.server.remote);
    expect(await commits(made.store, made.sha, head)).toMatchObject([
      { subject: 'Change topic', body: '' },
      { sha: head, subject: 'Change topic', body: '' },
    ]);
    const main = await remoteBranch(made.server.remote, 'main');
    expect(await changedFiles(made.store, `${main}`, head)).toEqual(['a b', 'ü\n']);
    expect(await commits(made.store, head, head)).toEqual([]);
    expect(await changedFiles(made.store, head, head)).toEqual([]);
  });

  it('is found by the full name of the branch only', async () => {
    await using made = await bench();
    await made.server.commit('deep/main', { x: '1' });
    expect(await remoteBranch(made.server.remote, 'main')).toBe(made.sha);
    await made.server.git('branch', '-q', '-D', 'main');
    expect(await remoteBranch(made.server.remote, 'main')).toBe(null);
  });
});

function push({ store, server }: Bench, sha: string, expected: string | null) {
  return pushBranch(store, server.remote, { sha, branch: BRANCH, expected });
}

/** Two commits beyond main, fetched; the tip. */
async function topic({ server, store }: Bench): Promise<string> {
  await server.commit('topic', { 'a b': '1' });
  const tip = await server.commit('topic', { 'ü\n': '2' });
  await fetchStore(store, server.remote);
  return tip;
}

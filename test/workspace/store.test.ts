import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execGit } from '../../src/workspace/git.ts';
import { rescueRef } from '../../src/workspace/refs.ts';
import { fetchStore, openStores, resolve } from '../../src/workspace/store.ts';
import { gitRemote, TOKEN } from '../support/git-remote.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('a store', () => {
  it('is made once per remote, under its host, owner and name, whatever their case', async () => {
    await using home = await temporaryDirectory();
    const remote = {
      url: 'https://github.com/Acme/Widget.git',
      name: 'Acme/Widget',
      host: 'github.com',
      token,
    };
    const stores = openStores(home.path);
    const [one, two] = await Promise.all([stores.of(remote), stores.of({ ...remote, name: 'acme/widget' })]);
    expect(one).toBe(two);
    expect(one?.directory).toBe(join(home.path, 'stores/github.com/acme/widget.git'));
    expect(readdirSync(join(home.path, 'stores/github.com/acme'))).toEqual(['widget.git']);
    expect((await openStores(home.path).of(remote)).directory).toBe(one?.directory);
  });

  it('clears away what a daemon that was killed has left half made', async () => {
    await using home = await temporaryDirectory();
    const remote = { url: 'https://github.com/acme/a', name: 'acme/a', host: 'github.com', token };
    const { directory } = await openStores(home.path).of(remote);
    mkdirSync(join(directory, 'quarantine-abcdef', 'pack'), { recursive: true });
    mkdirSync(`${directory}.new-abcdef`);
    mkdirSync(`${directory}.new-abcdef.git`);
    await openStores(home.path).of(remote);
    expect(readdirSync(join(directory, '..')).toSorted()).toEqual(['a.git', 'a.git.new-abcdef.git']);
    expect(readdirSync(directory)).not.toContain('quarantine-abcdef');
  });

  it.each(['acme', 'acme/../widget', '../x', 'acme/..', 'a/b/c', 'acme/wid get'])(
    'is not made for the name %s',
    async name => {
      await using home = await temporaryDirectory();
      const remote = { url: 'https://github.com/x', name, host: 'github.com', token };
      expect(() => openStores(home.path).of(remote)).toThrow(/is no repository's name/);
    },
  );

  it('fetches the branches with a token that is in no argument, no variable and no file', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    const sha = await server.commit('main', { a: '1' });
    const path = process.env.PATH ?? '';
    const spy = `#!/bin/sh\n{ echo "$@"; env; } >>${home.path}/spied\nPATH=${path} exec git "$@"\n`;
    writeFileSync(join(home.path, 'git'), spy, { mode: 0o755 });
    const store = await openStores(home.path).of(server.remote);
    process.env.PATH = `${home.path}:${path}`;
    await fetchStore(store, server.remote).finally(() => {
      process.env.PATH = path;
    });
    expect(await resolve(store, { branch: 'main' })).toBe(sha);
    expect(readFileSync(join(home.path, 'spied'), 'utf8')).toContain('fetch --quiet');
    expect(server.requests.some(request => request.endsWith(`[x-access-token:${TOKEN}]`))).toBe(true);
    expect(filesWith(home.path, TOKEN)).toEqual([]);
  });

  it('serves eight callers at once, and those who wait share a fetch', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    const sha = await server.commit('main', { a: '1' });
    const store = await openStores(home.path).of(server.remote);
    const first = fetchStore(store, server.remote);
    await Promise.resolve();
    const others = Array.from({ length: 7 }, () => fetchStore(store, server.remote));
    await Promise.all([first, ...others]);
    expect(await resolve(store, { branch: 'main' })).toBe(sha);
    expect(new Set(others).size).toBe(1);
  });

  it('does not take a fetch that has begun for a later one', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    await server.commit('main', { a: '1' });
    const store = await openStores(home.path).of(server.remote);
    const began = Promise.withResolvers<void>();
    const token = async () => {
      began.resolve();
      return TOKEN;
    };
    void fetchStore(store, { ...server.remote, token });
    await began.promise;
    const sha = await server.commit('main', { a: '2' });
    await fetchStore(store, server.remote);
    expect(await resolve(store, { branch: 'main' })).toBe(sha);
  });

  it('keeps rescued work and the pins of runs when branches go or are forced', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    const sha = await server.commit('main', { a: '1' });
    await server.commit('gone', { b: '1' });
    const store = await openStores(home.path).of(server.remote);
    await fetchStore(store, server.remote);
    const ref = await rescueRef(store, 'T1.1', sha);
    await server.git('branch', '-q', '-D', 'gone');
    await server.commit('gone/deeper', { b: '2' });
    await server.commit('main', { a: '2' }, { amend: true });
    await fetchStore(store, server.remote);
    expect(await execGit(['rev-parse', ref], { directory: store.directory })).toBe(sha);
    await expect(resolve(store, { branch: 'gone' })).rejects.toMatchObject({ code: 'E_UNKNOWN_BASE' });
  });

  it("fetches a pull request's head when asked", async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    await server.commit('main', { a: '1' });
    const sha = await server.commit('topic', { b: '1' });
    await server.git('update-ref', 'refs/pull/7/head', sha);
    const store = await openStores(home.path).of(server.remote);
    await fetchStore(store, server.remote, { pulls: [7] });
    expect(await resolve(store, { pull: 7 })).toBe(sha);
    const missing = fetchStore(store, server.remote, { pulls: [8] });
    await expect(missing).rejects.toMatchObject({
      code: 'E_UNKNOWN_BASE',
      message: 'There is no pull request #8.',
    });
  });

  it('tells an empty repository from an unknown branch, and takes no expressions for branches', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    const store = await openStores(home.path).of(server.remote);
    await fetchStore(store, server.remote);
    await expect(resolve(store, { branch: 'main' })).rejects.toMatchObject({ code: 'E_EMPTY_REPOSITORY' });
    await server.commit('main', { a: '1' });
    await fetchStore(store, server.remote);
    for (const branch of ['nope', 'main~0', 'main@{0}', '--all']) {
      await expect(resolve(store, { branch })).rejects.toMatchObject({ code: 'E_UNKNOWN_BASE' });
    }
  });

  it('says what git said when it is not let in, and never the token', async () => {
    await using server = await gitRemote();
    await using home = await temporaryDirectory();
    const wrong = { ...server.remote, token: async () => 'wrong-token' };
    const store = await openStores(home.path).of(wrong);
    await expect(fetchStore(store, wrong)).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
      message: expect.stringMatching(/^git fetch exited with 128: (?!.*wrong-token).*Authentication failed/s),
    });
    const anonymous = { ...server.remote, token: async () => null };
    await expect(fetchStore(store, anonymous)).rejects.toMatchObject({ code: 'E_PROGRAM_FAILED' });
  });
});

describe('git as the daemon runs it', () => {
  it('heeds no variable of the caller', async () => {
    await using home = await temporaryDirectory();
    process.env.GIT_DIR = '/nowhere';
    try {
      expect(await execGit(['config', '--show-origin', '--get', 'core.hooksPath'])).toBe(
        'command line:\t/dev/null',
      );
      const shown = await execGit(['-c', 'alias.show-env=!env', 'show-env'], { env: { TMPDIR: home.path } });
      expect(shown).not.toMatch(/^GIT_DIR=|^HOME=/m);
      expect(shown).toMatch(/^GIT_ALLOW_PROTOCOL=https:http$/m);
    } finally {
      delete process.env.GIT_DIR;
    }
  });

  it('speaks no protocol but HTTP', async () => {
    await using home = await temporaryDirectory();
    const pulled = execGit(['ls-remote', `ext::sh -c touch% ${home.path}/fired`]);
    await expect(pulled).rejects.toThrow(/transport 'ext' not allowed/);
    expect(readdirSync(home.path)).toEqual([]);
  });
});

async function token() {
  return null;
}

function filesWith(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => join(directory, name))
    .filter(file => statSync(file).isFile() && readFileSync(file).includes(text));
}

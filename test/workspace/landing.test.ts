import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { execGit } from '../../src/workspace/git.ts';
import { receivePack } from '../../src/workspace/landing.ts';
import { runHead } from '../../src/workspace/refs.ts';
import type { Store } from '../../src/workspace/store.ts';
import { type Bench, bench } from '../support/workspace.ts';

const NONE = '0'.repeat(40);

describe('receivePack', () => {
  it('takes commits into the store and pins them as the head of the run', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const sha = await commit(repository, made.sha, { file: 'x' });
    await land(made, repository, sha);
    expect(await runHead(made.store, 'T1.1')).toBe(sha);
    await rm(repository, { recursive: true });
    expect(await execGit(['show', `${sha}:file`], { directory: made.store.directory })).toBe('x');
    expect(leftovers(made.store)).toEqual([]);
  });

  it('takes a pack with nothing in it for commits that it has', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    await land(made, repository, made.sha);
    expect(await runHead(made.store, 'T1.1')).toBe(made.sha);
  });

  it('takes several runs at once', async () => {
    await using made = await bench();
    const runs = ['T1.1', 'T2.1', 'T3.1', 'T4.1'];
    await Promise.all(
      runs.map(async run => {
        const { repository } = await made.prepare(run);
        const sha = await commit(repository, made.sha, { file: run });
        await land(made, repository, sha, { run });
        expect(await runHead(made.store, run)).toBe(sha);
      }),
    );
  });

  it('works where the path of the store has a colon in it', async () => {
    await using made = await bench();
    const directory = join(made.home, 'a:b "c".git');
    await execGit(['clone', '-q', '--bare', made.store.directory, directory], {
      env: { GIT_ALLOW_PROTOCOL: 'file' },
    });
    const { repository } = await made.prepare('T1.1');
    const sha = await commit(repository, made.sha, { file: 'x' });
    await land({ ...made, store: { ...made.store, directory } }, repository, sha);
    expect(await execGit(['show', `${sha}:file`], { directory })).toBe('x');
  });

  const hostile: [string, (repository: string, parent: string) => Promise<string>, RegExp][] = [
    ['a `.git` folder in a tree', (at, parent) => commitEntry(at, parent, '.git', 'x'), /hasDotgit|'\.git'/],
    ['a `.GIT` folder in a tree', (at, parent) => commitEntry(at, parent, '.GIT', 'x'), /hasDotgit|'\.git'/],
    [
      'a submodule whose address is an option',
      (at, parent) =>
        commitEntry(at, parent, '.gitmodules', '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n'),
      /gitmodulesUrl|disallowed submodule url/,
    ],
    [
      'a submodule whose name leads out',
      (at, parent) =>
        commitEntry(at, parent, '.gitmodules', '[submodule "../../x"]\n\tpath = x\n\turl = y\n'),
      /gitmodulesName|disallowed submodule name/,
    ],
  ];
  it.each(hostile)('refuses %s', async (_, make, reason) => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const sha = await make(repository, made.sha);
    const landed = land(made, repository, sha);
    await expect(landed).rejects.toMatchObject({
      code: 'E_PUSH_REFUSED',
      message: expect.stringMatching(reason),
    });
    await expectUntouched(made.store, sha);
  });

  it('refuses a dangerous file that came under a harmless name in an earlier push', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const evil = '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n';
    const first = await commit(repository, made.sha, { harmless: evil });
    await land(made, repository, first);
    const second = await commitEntry(repository, first, '.gitmodules', evil);
    const landed = land(made, repository, second, { known: first });
    await expect(landed).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    expect(await runHead(made.store, 'T1.1')).toBe(first);
  });

  it('refuses a pack that lacks something', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const first = await commit(repository, made.sha, { file: 'x' });
    const second = await commit(repository, first, { file: 'y' });
    const landed = land(made, repository, second, { known: first });
    await expect(landed).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    await expectUntouched(made.store, second);
  });

  it('refuses a commit that is not in the pack, and what is no commit', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const sha = await commit(repository, made.sha, { file: 'x' });
    const missing = receivePack(made.store, {
      ...landing(repository, sha, made.sha),
      sha: NONE.replace(/0/g, 'a'),
    });
    await expect(missing).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    const tree = await execGit(['rev-parse', `${sha}^{tree}`], { directory: repository });
    await expect(land(made, repository, tree)).rejects.toThrow(`${tree} is a tree, not a commit.`);
    await expectUntouched(made.store, tree);
  });

  it.each([
    ['garbage', Buffer.from('not a pack at all')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', async (_, bytes) => {
    await using made = await bench();
    const landed = receivePack(made.store, {
      run: 'T1.1',
      pack: Readable.from([bytes]),
      sha: made.sha,
      maxBytes: 1000,
    });
    await expect(landed).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    expect(leftovers(made.store)).toEqual([]);
  });

  it('refuses more bytes than allowed, and a pack that breaks off', async () => {
    await using made = await bench();
    const { repository } = await made.prepare('T1.1');
    const sha = await commit(repository, made.sha, {
      file: crypto.getRandomValues(Buffer.alloc(50_000)).toString('hex'),
    });
    await expect(land(made, repository, sha, { maxBytes: 10_000 })).rejects.toThrow(
      /exceeds maximum allowed size/,
    );
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('PACK\0\0\0\x02\0\0\0\x01');
        throw new Error('the connection broke off');
      })(),
    );
    const landed = receivePack(made.store, { run: 'T1.1', pack: broken, sha, maxBytes: 10_000 });
    await expect(landed).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    await expectUntouched(made.store, sha);
  });
});

function land(
  made: Pick<Bench, 'store' | 'sha'>,
  repository: string,
  sha: string,
  { known = made.sha, ...options }: { run?: string; known?: string; maxBytes?: number } = {},
): Promise<void> {
  return receivePack(made.store, { ...landing(repository, sha, known), ...options });
}

function landing(repository: string, sha: string, known: string) {
  const packing = execa(
    'git',
    ['--git-dir', repository, 'pack-objects', '--revs', '--thin', '--stdout', '-q'],
    {
      input: `${sha}\n^${known}\n`,
      encoding: 'buffer',
      buffer: false,
      reject: false,
    },
  );
  return { run: 'T1.1', pack: packing.readable(), sha, maxBytes: 1_000_000 };
}

async function expectUntouched(store: Store, sha: string): Promise<void> {
  expect(await runHead(store, 'T1.1')).toBe(null);
  await expect(execGit(['cat-file', '-e', sha], { directory: store.directory })).rejects.toThrow();
  expect(leftovers(store)).toEqual([]);
}

function leftovers(store: Store): string[] {
  expect(existsSync(store.directory)).toBe(true);
  return readdirSync(store.directory).filter(name => name.startsWith('quarantine'));
}

async function commit(directory: string, parent: string, files: Record<string, string>): Promise<string> {
  const lines = await Promise.all(
    Object.entries(files).map(
      async ([name, text]) => `100644 blob ${await blob(directory, text)}\t${name}\n`,
    ),
  );
  const tree = await execGit(['mktree'], { directory, input: lines.join('') });
  return execGit(['commit-tree', '-p', parent, '-m', 'Change', tree], { directory });
}

/** A commit whose tree has one entry as git itself would not write it: `.git` as a folder, or any other as a file. */
async function commitEntry(directory: string, parent: string, name: string, text: string): Promise<string> {
  const file = await blob(directory, text);
  const folder = name.toLowerCase() === '.git';
  const inner = await execGit(['mktree'], { directory, input: `100644 blob ${file}\tconfig\n` });
  const line = folder ? `040000 tree ${inner}\t${name}\n` : `100644 blob ${file}\t${name}\n`;
  const tree = await execGit(['mktree'], { directory, input: line });
  return execGit(['commit-tree', '-p', parent, '-m', 'Evil', tree], { directory });
}

function blob(directory: string, input: string): Promise<string> {
  return execGit(['hash-object', '-w', '--stdin'], { directory, input });
}

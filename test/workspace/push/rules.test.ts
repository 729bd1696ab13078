import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openSecrets } from '../../../src/shared/secrets/secrets.ts';
import { execGit } from '../../../src/workspace/git.ts';
import { receivePack } from '../../../src/workspace/landing.ts';
import { type PushRules, tryCheckPush } from '../../../src/workspace/push/rules.ts';
import { runHead } from '../../../src/workspace/refs.ts';
import { fetchStore } from '../../../src/workspace/store.ts';
import { fakeKey, scramble } from '../../support/fake-secrets.ts';
import { type Agent, agentAtWork, type Bench, bench } from '../../support/workspace.ts';

const TOKEN = `ghp_${scramble('pushed', 36)}`;
const OLD = `ghp_${scramble('old', 36)}`;
const LONG =
  'One line of ordinary words, longer than any line of a key that somebody could come up with here.';
const CI = '.github/workflows/ci.yml';
const ROOMY = { fileBytes: 1_000_000, bytes: 5_000_000, files: 50, commits: 20 };

/** All letters and digits, one on a line. */
const KEYBOARD = [...'abcdefghijklmnopqrstuvwxyz0123456789']
  .map(key => `${key}\n${key.toUpperCase()}\n`)
  .join('');

let at: Work;
beforeAll(async () => {
  at = await work({ 'old.txt': `example: ${OLD}\n`, 'README.md': `Hello\n${LONG}\n${KEYBOARD}` });
});
beforeEach(() => at.reset());
afterAll(() => at[Symbol.asyncDispose]());

describe('a push is refused', () => {
  it('for a token in a file, and the answer does not have the token', async () => {
    await at.write({
      'src/a.ts': `one
two
const key = '${TOKEN}';
`,
    });
    const refusal = await at.refusal();
    expect(refusal?.message).toBe(
      'Orch does not take this push: the file src/a.ts, line 3, holds a GitHub token',
    );
    expect(`${refusal?.message}${refusal?.remedy}`).not.toContain(TOKEN.slice(5, 15));
  });

  it.each([
    ['a private key', { 'key.pem': fakeKey() }, /^.*the file key\.pem, line 1, holds a private key$/],
    [
      'a known value',
      { 'a/b': `x\n${scramble('known', 40)}` },
      /the file a\/b, line 2, holds the webhook secret/,
    ],
    [
      'a known value in base64',
      { a: btoa(`x:${scramble('known', 40)}`) },
      /the file a, line 1, holds the webhook/,
    ],
    ['half of a known value', { a: scramble('known', 40).slice(0, 20) }, /the webhook secret/],
    [
      'a known value over lines',
      { a: scramble('known', 40).replace(/.{10}/g, '$&\n') },
      /the webhook secret/,
    ],
    [
      'a known value in UTF-16',
      { a: Buffer.from(scramble('known', 40), 'utf16le').toString('latin1') },
      /webhook/,
    ],
    [
      'a token in a binary file',
      { 'a.bin': `\0\x01\x02${TOKEN}\0` },
      /the file a\.bin, line 1, holds a GitHub token/,
    ],
    [
      'a token far within a file',
      { a: `${'line\n'.repeat(50_000)}${TOKEN}\n` },
      /the file a, line 50001, holds/,
    ],
    [
      'a token across two parts of a file',
      { a: `${'x'.repeat(65_516)} ${TOKEN}\n` },
      /the file a, line 1, holds/,
    ],
    ["a token as a file's name", { [`src/${TOKEN}`]: '' }, /a file's name in src holds a GitHub token/],
    [
      'a known value as names of folders',
      { [`a/${scramble('known', 40)}/b`]: '' },
      /a file's name in a holds the/,
    ],
  ])('for %s', async (_, files, message) => {
    await at.write(files);
    expect((await at.refusal())?.message).toMatch(message);
  });

  it.each<[string, string[], Record<string, string>?]>([
    ['message', ['-m', `Add\n\n${TOKEN}`]],
    ['author', ['-m', 'Add', `--author=${TOKEN} <a@example.com>`]],
    ["author's address", ['-m', 'Add', `--author=Ada <${TOKEN}@example.com>`]],
    ['committer', ['-m', 'Add'], { GIT_COMMITTER_NAME: TOKEN }],
    ['message in base64 of a known value', ['-m', btoa(scramble('known', 40))]],
  ])('for a secret in the %s of a commit', async (_, args, env = {}) => {
    await at.write({ a: 'a' }, args, env);
    const sha = await at.head();
    expect((await at.refusal())?.message).toMatch(
      new RegExp(
        `commit ${sha.slice(0, 10)}, in its message or its people's names, holds (?:a GitHub token|the webhook secret)`,
      ),
    );
  });

  it('for a secret that a later commit takes out again', async () => {
    await at.write({ a: TOKEN });
    await at.write({ a: 'nothing' });
    expect((await at.refusal())?.message).toContain('the file a, line 1, holds a GitHub token');
  });

  it('for a secret that only a merge brings', async () => {
    await at.git('checkout', '-q', '-B', 'other');
    await at.write({ b: 'b' });
    await at.git('checkout', '-q', 'orch/T1-fix');
    await at.write({ a: 'a' });
    await at.git('merge', '-q', '--no-commit', 'other');
    await at.write({ c: TOKEN });
    expect((await at.refusal())?.message).toContain('the file c, line 1, holds a GitHub token');
  });

  it.each([
    ['one after many that the base has', { a: `${OLD}\n`.repeat(20), b: TOKEN }],
    ['a known value whose lines the base has', { a: scramble('known', 40).replace(/./g, '$&\n') }],
    ['a key with a line that the base has', { a: fakeKey().replace(/\n.*\n/, line => `${line}${LONG}\n`) }],
    ['one after more than anybody would look up', { a: manyTokens(300) }],
  ])('for a secret beside what the base has: %s', async (_, files) => {
    await at.write(files);
    expect((await at.refusal())?.message).toMatch(
      /holds (?:a GitHub token|the webhook secret|a private key)/,
    );
  });

  it.each([
    ['.github/workflows/ci.yml', 'changes .github/workflows/ci.yml'],
    ['.github/actions/build/action.yml', 'changes .github/actions/build/action.yml'],
  ])('for a change of %s, in any commit and by a merge, unless it is allowed', async (path, message) => {
    await at.write({ [path]: 'on: push\n' });
    await at.git('rm', '-q', path);
    await at.write({ a: 'a' });
    expect((await at.refusal())?.message).toContain(message);
    expect((await at.refusal())?.remedy).toMatch(/say in the pull request what a person shall change\.$/);
    expect(await at.refusal({ workflows: true })).toBeNull();
  });

  it.each([
    ['older than the base', async () => at.made.server.commit('main', { [CI]: 'on: push\n', 'x.txt': 'x' })],
    ['on another branch', async () => at.made.server.commit('else', { [CI]: 'on: pull_request_target\n' })],
  ])('for a workflow that a merge takes from a commit %s', async (_, prepare) => {
    const theirs = await prepare();
    const base = await at.made.server.commit('main', { [CI]: 'on: pull_request\n' });
    await fetchStore(at.made.store, at.made.server.remote);
    await at.git('checkout', '-q', '-f', base);
    const tree = await at.git('rev-parse', `${theirs}^{tree}`);
    const merge = await at.git('commit-tree', tree, '-p', base, '-p', theirs, '-m', 'Merge');
    await at.git('reset', '-q', '--hard', merge);
    expect((await at.refusal({}, base))?.message).toContain(`changes ${CI}`);
    expect(await at.refusal({ workflows: true }, base)).toBeNull();
  });

  it('for something else where workflows lie', async () => {
    await at.link('.github/workflows', '../elsewhere');
    expect((await at.refusal())?.message).toContain('changes .github/workflows');
  });

  it('for links out of the repository', async () => {
    for (const [name, target] of [
      ['a', '/etc/passwd'],
      ['b', '../../x'],
      ['c/d', '../../x'],
      ['e', '.git/config'],
      ['f', 'c/../../x'],
    ] as const) {
      await at.link(name, target);
      expect((await at.refusal())?.message).toContain(`links ${name} to a place outside of the repository`);
      await at.git('reset', '-q', '--hard', 'HEAD~');
    }
    for (const [name, target] of [
      ['a', 'README.md'],
      ['c/d', '../README.md'],
      ['c/e', './x/../../README.md'],
      ['f', '..data/x'],
    ] as const) {
      await at.link(name, target);
    }
    expect(await at.refusal()).toBeNull();
  });

  it.each<[string, Record<string, string>, Partial<PushRules['limits']>, RegExp]>([
    [
      'a large file',
      { big: 'x'.repeat(3_000_000) },
      { fileBytes: 2_000_000 },
      /: big with 3 MB, more than 2 MB$/,
    ],
    [
      'many bytes',
      { a: scramble('a', 60_000), b: scramble('b', 60_000) },
      { bytes: 100_000 },
      /more than 1 MB in all/,
    ],
    ['many files', { a: 'a', b: 'b', c: 'c' }, { files: 2 }, /3 changed files, more than 2/],
  ])('for %s', async (_, files, limits, message) => {
    await at.write(files);
    const refusal = await at.refusal({ limits: { ...ROOMY, ...limits } });
    expect(refusal?.message).toMatch(message);
    expect(refusal?.remedy).toContain('.gitignore');
  });

  it('for many commits', async () => {
    for (const a of ['1', '2', '3']) await at.write({ a });
    const refusal = await at.refusal({ limits: { ...ROOMY, commits: 2 } });
    expect(refusal?.message).toContain('3 commits, more than 2');
  });
});

describe('a push is taken', () => {
  it('with what the base has already, though it looks like a secret', async () => {
    await at.git('mv', 'old.txt', 'new.txt');
    await at.write({ 'new.txt': `more\nexample: ${OLD}\n` });
    expect(await at.refusal()).toBeNull();
    await at.write({ 'new.txt': `example: ghp_${scramble('another', 36)}\n` });
    expect(await at.refusal()).not.toBeNull();
  });

  it('when what it holds came from GitHub meanwhile', async () => {
    const theirs = await at.made.server.commit('main', { '.github/workflows/ci.yml': 'on: push\n' });
    await at.git('pull', '-q', '--no-rebase', at.made.server.directory, 'main');
    await at.write({ a: 'a' });
    expect((await at.refusal())?.message).toContain('.github/workflows/ci.yml');
    await fetchStore(at.made.store, at.made.server.remote);
    expect(await at.refusal()).toBeNull();
    expect(theirs).toHaveLength(40);
  });

  it('with any content that is no secret, and nothing in it', async () => {
    expect(await at.refusal()).toBeNull();
    await at.write({ 'a file\nwith "lines"': '\0\n\n', empty: '', 'ä/ö': 'ü' });
    expect(await at.refusal()).toBeNull();
  });
});

describe('a refused push', () => {
  it('leaves nothing in the store, but for the last of a run, which is kept', async () => {
    await at.write({ a: TOKEN });
    const { store } = at.made;
    const sha = await at.head();
    await expect(at.land(false)).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
    await expect(execGit(['cat-file', '-e', sha], { directory: store.directory })).rejects.toThrow();
    await expect(at.land(true)).rejects.toThrow(
      /holds a GitHub token\. The commits are kept on the host as refs\/orch\/refused\/T1\.1 in /,
    );
    expect(await execGit(['rev-parse', 'refs/orch/refused/T1.1'], { directory: store.directory })).toBe(sha);
    expect(await runHead(store, 'T1.1')).toBeNull();
    // Kept commits are none that GitHub has.
    expect((await at.refusal())?.message).toContain('holds a GitHub token');
  });
});

function manyTokens(count: number): string {
  return Array.from({ length: count }, (_, n) => `ghp_${scramble(`many ${n}`, 36)}\n`).join('');
}

interface Work extends AsyncDisposable {
  made: Bench;
  git(...args: string[]): Promise<string>;
  write(files: Record<string, string>, commit?: string[], env?: Record<string, string>): Promise<void>;
  link(path: string, target: string): Promise<void>;
  head(): Promise<string>;
  /** Back to the base. */
  reset(): Promise<void>;
  refusal(rules?: Partial<PushRules>, base?: string): ReturnType<typeof tryCheckPush>;
  land(isLast: boolean): Promise<void>;
}

/** An agent's workspace, and the rules applied to what is checked out there. */
async function work(base: Record<string, string>): Promise<Work> {
  await using stack = new AsyncDisposableStack();
  const made = stack.use(await bench(base));
  const agent: Agent = stack.use(await agentAtWork(made));
  const { tree, repository } = agent.workspace;
  const secrets = openSecrets();
  secrets.know(scramble('known', 40), 'the webhook secret');
  const run = (env: Record<string, string>, ...args: string[]) =>
    execa('git', args, { cwd: tree, env: { ...agent.env, GIT_ALLOW_PROTOCOL: 'file', ...env } });
  const git = async (...args: string[]) => (await run({}, ...args)).stdout;
  const head = () => git('rev-parse', 'HEAD');
  const rules = { limits: ROOMY, workflows: false, secrets };
  const commit = async (args: string[], env: Record<string, string>) => {
    await git('add', '-A');
    await run(env, 'commit', '-q', ...args);
  };
  const owned = stack.move();
  return {
    made,
    git,
    head,
    async reset() {
      await git('checkout', '-q', '-f', '-B', 'orch/T1-fix', made.sha);
      await git('clean', '-q', '-f', '-d', '-x');
    },
    async write(files, args = ['-m', 'Change'], env = {}) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(tree, name)), { recursive: true });
        await writeFile(join(tree, name), text, 'latin1');
      }
      await commit(args, env);
    },
    async link(path, target) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await symlink(target, join(tree, path));
      await commit(['-m', 'Link'], {});
    },
    // In the agent's own repository, which borrows from the store: as in the quarantine, all objects are there.
    refusal: async (changes, base = made.sha) =>
      tryCheckPush(
        {
          directory: made.store.directory,
          env: { GIT_ALTERNATE_OBJECT_DIRECTORIES: `${repository}/objects` },
        },
        { sha: await head(), base, head: null, target: 'main' },
        { ...rules, ...changes },
      ),
    async land(isLast) {
      const sha = await head();
      const packing = execa('git', ['pack-objects', '--revs', '--thin', '--stdout', '-q'], {
        cwd: tree,
        input: `${sha}\n^${made.sha}\n`,
        encoding: 'buffer',
        buffer: false,
      });
      const check = { rules, base: made.sha, head: null, target: 'main', refetch: async () => {}, isLast };
      await receivePack(made.store, { run: 'T1.1', pack: packing.readable(), sha, maxBytes: 1e6, check });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

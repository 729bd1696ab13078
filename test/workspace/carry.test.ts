import { execa } from 'execa';
import { expect, it } from 'vitest';
import { carry, patch } from '../../src/workspace/carry.ts';
import { type Bench, bench } from '../support/workspace.ts';

const FILES = { 'a.txt': 'a\n', 'b.txt': '1\n2\n3\n4\n5\n', 'CLAUDE.md': 'Be good.\n', 'd/e': 'e\n' };

it('puts uncommitted changes onto a branch that has gone on, and names what is in conflict', async () => {
  await using made = await bench(FILES);
  const start = await commit(made, made.sha, { 'b.txt': '0\n2\n3\n4\n5\n', 'a.txt': 'theirs\n' });
  const snapshot = await commit(made, made.sha, {
    'b.txt': '1\n2\n3\n4\n6\n',
    'a.txt': 'ours\n',
    new: 'new\n',
  });
  const { tree, leftOut } = await carry(made.store, { start, snapshot, without: [] });
  expect(leftOut).toEqual(['a.txt']);
  expect(await show(made, `${tree}:b.txt`)).toBe('0\n2\n3\n4\n6');
  expect(await show(made, `${tree}:a.txt`)).toBe('theirs');
  expect(await show(made, `${tree}:new`)).toBe('new');
});

it('leaves start-up files, links and files that are put there as they are', async () => {
  await using made = await bench(FILES);
  const files = {
    'Claude.md': 'x',
    'CLAUDE.md': 'Be bad.\n',
    '.husky/pre-commit': 'x',
    '.env': 'KEY=1',
    ok: 'ok',
  };
  const snapshot = await commit(made, made.sha, files, '120000,d');
  const { tree, leftOut } = await carry(made.store, { start: made.sha, snapshot, without: ['.env'] });
  expect(leftOut.sort()).toEqual(['.env', '.husky/pre-commit', 'CLAUDE.md', 'Claude.md', 'd']);
  expect((await show(made, tree)).split('\n').slice(2)).toEqual(['CLAUDE.md', 'a.txt', 'b.txt', 'd/', 'ok']);
  expect(await show(made, `${tree}:CLAUDE.md`)).toBe('Be good.');
  expect(await show(made, `${tree}:d/e`)).toBe('e');
});

it('takes nothing from a history that has nothing to do with the branch', async () => {
  await using made = await bench(FILES);
  const snapshot = await commit(made, null, { 'a.txt': 'x' });
  const { tree, leftOut } = await carry(made.store, { start: made.sha, snapshot, without: [] });
  expect(leftOut).toEqual(['all of it']);
  expect(tree).toBe(await git(made, ['rev-parse', `${made.sha}^{tree}`]));
});

it('shows changes up to a size, in whole lines', async () => {
  await using made = await bench(FILES);
  const tree = await commit(made, made.sha, { long: 'line\n'.repeat(1000) });
  const shown = await patch(made.store, { base: made.sha, tree, most: 203 });
  expect(shown.isWhole).toBe(false);
  expect(shown.text.length).toBeLessThanOrEqual(203);
  expect(shown.text.endsWith('+line\n')).toBe(true);
  expect(await patch(made.store, { base: made.sha, tree, most: 100_000 })).toMatchObject({ isWhole: true });
});

it('shows of a line without end and of what is no text only that it changed', async () => {
  await using made = await bench(FILES);
  const tree = await commit(made, made.sha, {
    min: 'x'.repeat(1_000_000),
    photo: '\0\u0001'.repeat(100_000),
  });
  const shown = await patch(made.store, { base: made.sha, tree, most: 1000 });
  expect(shown).toMatchObject({
    isWhole: false,
    text: expect.stringMatching(/^diff --git a\/min[\s\S]{1,300}@@\n$/),
  });
  const photo = await commit(made, made.sha, { photo: '\0\u0001'.repeat(100_000) });
  const binary = await patch(made.store, { base: made.sha, tree: photo, most: 1000 });
  expect(binary).toMatchObject({ isWhole: true, text: expect.stringContaining('Binary files') });
});

/** A commit in Orch's own copy: the files of `parent`, with these over them; `link` is `mode,path` of a symbolic link. */
async function commit(
  made: Bench,
  parent: string | null,
  files: Record<string, string>,
  link?: string,
): Promise<string> {
  const env = { GIT_INDEX_FILE: `${made.home}/index` };
  await git(made, parent === null ? ['read-tree', '--empty'] : ['read-tree', parent], { env });
  for (const [path, text] of Object.entries(files)) {
    const blob = await git(made, ['hash-object', '-w', '--stdin'], { input: text });
    await git(made, ['update-index', '--add', '--replace', '--cacheinfo', `100644,${blob},${path}`], { env });
  }
  if (link) {
    const blob = await git(made, ['hash-object', '-w', '--stdin'], { input: '/etc' });
    await git(made, ['update-index', '--add', '--replace', '--cacheinfo', link.replace(',', `,${blob},`)], {
      env,
    });
  }
  const parents = parent === null ? [] : ['-p', parent];
  return await git(made, ['commit-tree', '-m', 'x', ...parents, await git(made, ['write-tree'], { env })]);
}

const show = (made: Bench, name: string) => git(made, ['show', name]);

async function git(
  { store }: Bench,
  args: string[],
  options: { env?: object; input?: string } = {},
): Promise<string> {
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
  return (await execa('git', [...who, '--git-dir', store.directory, ...args], options as { input?: string }))
    .stdout;
}

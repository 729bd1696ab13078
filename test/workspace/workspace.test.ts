import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryProgram } from '../../src/shared/program.ts';
import { execGit } from '../../src/workspace/git.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { locateWorkspace, removeWorkspace } from '../../src/workspace/workspace.ts';
import { agentAtWork, bench } from '../support/workspace.ts';

describe('prepareWorkspace', () => {
  it('makes a repository of its own with the branch checked out at its start, and a link of ours in it that git ignores', async () => {
    await using made = await bench({ 'README.md': 'Hello\n', 'src/a.ts': 'a' });
    const { tree, repository, directory } = await made.prepare('T1.1');
    expect(readdirSync(tree).sort()).toEqual(['.git', '.orch-context', 'README.md', 'src']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await inside(tree, 'status', '--porcelain', '--branch')).toBe('## orch/T1-fix');
    expect(await inside(tree, 'rev-parse', 'HEAD')).toBe(made.sha);
    expect(await inside(tree, 'rev-parse', 'origin/HEAD', 'main')).toBe(`${made.sha}\n${made.sha}`);
    expect(await inside(tree, 'remote', 'get-url', 'origin')).toBe(made.server.remote.url);
    expect(await inside(tree, 'fsck', '--no-dangling')).toBe('');
    expect(readdirSync(join(repository, 'objects')).sort()).toEqual(['info', 'pack']);
  });

  it("commits as the App, with the requester as co-author once, and pushes to the branch's own name", async () => {
    await using made = await bench();
    const coauthor = { name: "O'Hara $(touch x)", email: 'o@example.com' };
    const identity = { name: 'orch "x" [bot]', email: '1+orch[bot]@users.noreply.github.com' };
    await using agent = await agentAtWork(made, 'T1.1', { coauthor, identity });
    await agent.git('commit', '-q', '--allow-empty', '--no-verify', '-m', 'One');
    await agent.git('commit', '-q', '--allow-empty', '--amend', '--no-edit');
    const log = await agent.git('log', '-1', '--format=%an <%ae>%n%B');
    expect(log.stdout).toBe(
      `orch "x" [bot] <1+orch[bot]@users.noreply.github.com>\nOne\n\nCo-authored-by: O'Hara $(touch x) <o@example.com>\n`,
    );
    expect(existsSync(join(agent.workspace.tree, 'x'))).toBe(false);
  });

  it('keeps a finished workspace and makes a half-made one again', async () => {
    await using made = await bench();
    const { tree, directory } = await made.prepare('T1.1');
    await writeFile(join(tree, 'work'), 'mine');
    await made.prepare('T1.1');
    expect(existsSync(join(tree, 'work'))).toBe(true);
    await rm(join(directory, 'ready'));
    await made.prepare('T1.1');
    expect(existsSync(join(tree, 'work'))).toBe(false);
    expect(await inside(tree, 'status', '--porcelain')).toBe('');
  });

  it('makes eight at once', async () => {
    await using made = await bench();
    const runs = Array.from({ length: 8 }, (_, at) => `T${at + 1}.1`);
    const prepared = await Promise.all(
      runs.map(async run => {
        await fetchStore(made.store, made.server.remote);
        return made.prepare(run);
      }),
    );
    for (const { tree } of prepared) expect(await inside(tree, 'status', '--porcelain')).toBe('');
  });

  it('survives a force-push of its base, even when the store is cleaned by hand', async () => {
    await using made = await bench();
    const { tree } = await made.prepare('T1.1');
    await made.server.commit('main', { 'README.md': 'Other\n' }, { amend: true });
    await fetchStore(made.store, made.server.remote);
    await execGit(['gc', '--quiet', '--prune=now'], { directory: made.store.directory });
    expect(await inside(tree, 'fsck', '--no-dangling')).toBe('');
    expect(await inside(tree, 'log', '--format=%s')).toBe('Change main');
  });

  it("starts where the task's branch is on GitHub", async () => {
    await using made = await bench();
    const tip = await made.server.commit('orch/T1-fix', { more: '1' });
    await fetchStore(made.store, made.server.remote);
    const { tree } = await made.prepare('T1.2', { start: tip });
    expect(await inside(tree, 'rev-parse', 'HEAD', 'origin/orch/T1-fix')).toBe(`${tip}\n${tip}`);
    expect(await inside(tree, 'status', '--porcelain', '--branch')).toBe('## orch/T1-fix');
  });

  it('checks out only the directories that are asked for', async () => {
    await using made = await bench({
      top: '1',
      'a/x': '1',
      'a/b/y': '1',
      'a/c/z': '1',
      'd/w': '1',
      'e*/v': '1',
    });
    const { tree } = await made.prepare('T1.1', { sparse: ['a/b', './e*/'] });
    expect(files(tree)).toEqual(['a/b/y', 'a/x', 'e*/v', 'top']);
    expect(await inside(tree, 'sparse-checkout', 'list')).toContain('a/b');
    expect(await inside(tree, 'status', '--porcelain')).toBe('');
    for (const path of ['..', '/etc', 'a/../..', '']) {
      const refused = made.prepare('T2.1', { sparse: [path] });
      await expect(refused).rejects.toMatchObject({ code: 'E_SETTINGS' });
    }
  });

  it.each(['T1', '../T1.1', 'T1.1/..', ''])('has no place for a run named %j', async run => {
    await using made = await bench();
    await expect(made.prepare(run)).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

describe('files copied into a workspace', () => {
  it('arrive with their mode, and git does not offer them for a commit', async () => {
    await using made = await bench();
    const from = join(made.home, 'files');
    await mkdir(join(from, 'config'), { recursive: true });
    await writeFile(join(from, '.env'), 'KEY=1', { mode: 0o600 });
    await writeFile(join(from, 'config/a[1].json'), '{}');
    const { tree } = await made.prepare('T1.1', { copy: [{ from, files: ['.env', 'config/a[1].json'] }] });
    expect(readFileSync(join(tree, '.env'), 'utf8')).toBe('KEY=1');
    expect(statSync(join(tree, '.env')).mode & 0o777).toBe(0o600);
    expect(await inside(tree, 'status', '--porcelain')).toBe('');
  });

  it.each([
    ['../outside', 'leaves the repository'],
    ['/etc/passwd', 'leaves the repository'],
    ['.git', 'leaves the repository'],
    ['link/file', 'passes through something that is no folder'],
    ['secret', 'is a symbolic link'],
    ['missing', 'is not there'],
    ['README.md', 'is in the repository already'],
  ])('are refused: %s %s', async (file, why) => {
    await using made = await bench();
    const from = join(made.home, 'files');
    await mkdir(from);
    symlinkSync('/etc', join(from, 'link'));
    symlinkSync('/etc/passwd', join(from, 'secret'));
    await writeFile(join(from, 'README.md'), 'Mine');
    const prepared = made.prepare('T1.1', { copy: [{ from, files: [file] }] });
    await expect(prepared).rejects.toMatchObject({
      code: 'E_SETTINGS',
      message: expect.stringContaining(why),
    });
  });

  it('never follow a link that the repository has in their place', async () => {
    await using made = await bench();
    const outside = join(made.home, 'outside');
    const from = join(made.home, 'files');
    await mkdir(outside);
    await mkdir(join(from, 'config'), { recursive: true });
    await writeFile(join(from, 'config/a'), 'secret');
    await writeFile(join(from, '.env'), 'secret');
    const sha = await withLinks(made.server.directory, { config: outside, '.env': join(outside, 'env') });
    await fetchStore(made.store, made.server.remote);
    for (const file of ['config/a', '.env']) {
      const base = { branch: 'main', sha };
      const refused = made.prepare('T1.1', { base, start: sha, copy: [{ from, files: [file] }] });
      await expect(refused).rejects.toMatchObject({ code: 'E_SETTINGS' });
    }
    expect(readdirSync(outside)).toEqual([]);
  });
});

describe('removeWorkspace', () => {
  it('leaves nothing of a run whose commits are on GitHub', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await agent.git('commit', '-q', '--allow-empty', '-m', 'One');
    await agent.git('push', '-q');
    const options = { run: 'T1.1', store: made.store, published: await agent.head() };
    const { workspaces } = made.plan('T1.1');
    const { directory } = locateWorkspace(workspaces, 'T1.1');
    expect(await removeWorkspace(directory, options)).toBe(null);
    expect(readdirSync(workspaces)).toEqual([]);
    expect(await refs(made.store.directory)).toEqual([
      'refs/remotes/origin/main',
      'refs/remotes/origin/orch/T1-fix',
    ]);
    expect(await removeWorkspace(directory, options)).toBe(null);
  });

  it('keeps commits that are nowhere else under a rescue ref', async () => {
    await using made = await bench();
    await using agent = await agentAtWork(made);
    await agent.git('commit', '-q', '--allow-empty', '-m', 'One');
    await agent.git('push', '-q');
    const head = await agent.head();
    const options = { run: 'T1.1', store: made.store, published: made.sha };
    const { directory } = locateWorkspace(made.plan('T1.1').workspaces, 'T1.1');
    const ref = await removeWorkspace(directory, options);
    expect(ref).toBe('refs/orch/rescue/T1.1');
    expect(await execGit(['rev-parse', `${ref}`], { directory: made.store.directory })).toBe(head);
  });

  it('removes folders that forbid it', async () => {
    await using made = await bench();
    const { tree, directory } = await made.prepare('T1.1');
    await mkdir(join(tree, 'cache/deep'), { recursive: true });
    await writeFile(join(tree, 'cache/deep/file'), '');
    for (const folder of ['cache/deep', 'cache']) await chmod(join(tree, folder), 0o500);
    await removeWorkspace(directory, { run: 'T1.1', store: made.store, published: null });
    expect(existsSync(directory)).toBe(false);
  });
});

async function inside(tree: string, ...args: string[]): Promise<string> {
  return (await tryProgram('git', args, { cwd: tree, env: { GIT_CONFIG_GLOBAL: '/dev/null' } })).stdout;
}

async function refs(directory: string): Promise<string[]> {
  return (await execGit(['for-each-ref', '--format=%(refname)'], { directory })).split('\n');
}

function files(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter(name => name !== '.git' && statSync(join(directory, name)).isFile()).sort();
}

/** Commits symbolic links to main, on the server. */
async function withLinks(directory: string, links: Record<string, string>): Promise<string> {
  const blob = (input: string) => execGit(['hash-object', '-w', '--stdin'], { directory, input });
  const entries = await Promise.all(
    Object.entries(links).map(async ([name, target]) => `120000 blob ${await blob(target)}\t${name}\n`),
  );
  const tree = await execGit(['mktree'], { directory, input: entries.join('') });
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  const sha = await execGit([...who, 'commit-tree', '-m', 'Links', tree], { directory });
  await execGit(['update-ref', 'refs/heads/main', sha], { directory });
  return sha;
}

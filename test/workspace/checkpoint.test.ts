import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { snapshot } from '../../src/cli/worktree/snapshot.ts';
import { restoreSnapshot } from '../../src/workspace/checkpoint.ts';
import { type Agent, agentAtWork, type Bench, bench } from '../support/workspace.ts';

const FILES = { 'README.md': 'Hello\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n', '.gitignore': '*.log\n' };

describe('orch checkpoint', () => {
  it('keeps all files as they are, and touches neither index nor branch nor files', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, {
      'src/a.txt': 'changed\n',
      'src/new.txt': 'new\n',
      'noise.log': 'noise',
      'über "x".txt': 'x',
    });
    rmSync(join(agent.workspace.tree, 'src/b.txt'));
    await agent.git('add', 'src/new.txt');
    write(agent, { 'src/new.txt': 'newer\n' });
    const before = await state(agent);
    const kept = await checkpoint(made, agent);
    expect(kept.files).toEqual({
      '.gitignore': '*.log\n',
      'README.md': 'Hello\n',
      'src/a.txt': 'changed\n',
      'src/new.txt': 'newer\n',
      'über "x".txt': 'x',
    });
    expect(kept.parent).toBe(made.sha);
    expect(await state(agent)).toEqual(before);
    expect(agent.asked).toEqual([{ note: 'before a risk', leftOut: [] }]);
  });

  it('is made once for one state, also from a folder below', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, { 'src/a.txt': 'changed\n' });
    expect((await agent.asAgent('orch', ['checkpoint'])).stdout).toBe('Checkpoint 1 is made.');
    const again = await agent.asAgent('sh', ['-c', 'cd src; touch a.txt; orch checkpoint']);
    expect(again.stdout).toBe('Nothing has changed since checkpoint 1.');
    await agent.git('commit', '-qam', 'It');
    expect((await agent.asAgent('orch', ['checkpoint'])).stdout).toBe('Checkpoint 2 is made.');
  });

  it('leaves out and names what is too large, and repositories within', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, { huge: Buffer.alloc(21 * 1024 * 1024), 'inner/x': 'x' });
    await agent.asAgent('git', ['init', '-q', 'inner']);
    await agent.asAgent('mkfifo', ['pipe']);
    const kept = await checkpoint(made, agent);
    expect(Object.keys(kept.files)).toEqual(Object.keys(FILES).sort());
    expect(kept.said).toEqual(['left out: huge (21 MB)', 'left out: inner/ (a repository of its own)']);
  });

  it('follows no link, and waits for no pipe', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    const { tree } = agent.workspace;
    rmSync(join(tree, 'src'), { recursive: true });
    symlinkSync('/etc', join(tree, 'src'));
    rmSync(join(tree, 'README.md'));
    await agent.asAgent('mkfifo', ['README.md']);
    const kept = await checkpoint(made, agent);
    expect(kept.files).toEqual({ '.gitignore': '*.log\n', src: '/etc', 'README.md': 'Hello\n' });
    expect(kept.said).toEqual(['left out: README.md (no file)']);
  });

  it('takes a folder for a file and a file for a folder, in the middle of a merge', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    const { tree } = agent.workspace;
    await agent.asAgent('sh', ['-c', CONFLICT]);
    rmSync(join(tree, 'README.md'));
    rmSync(join(tree, 'src'), { recursive: true });
    write(agent, { 'README.md/deep/file': 'f', src: 's' });
    const kept = await checkpoint(made, agent);
    expect(kept.files).toEqual({
      '.gitignore': '*.log\n',
      'README.md/deep/file': 'f',
      src: 's',
      both: expect.stringContaining('<<<<<<<'),
    });
  });

  it('runs no hook or monitor that the agent has set up', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    const hook = `#!/bin/sh\necho "$0" >>"${made.home}/ran"\n`;
    const names = ['pre-commit', 'post-index-change', 'reference-transaction', 'fsmonitor'];
    for (const name of names) writeFileSync(join(made.home, name), hook, { mode: 0o755 });
    await agent.git('config', 'core.hooksPath', made.home);
    await agent.git('config', 'core.fsmonitor', join(made.home, 'fsmonitor'));
    rmSync(join(made.home, 'ran'), { force: true });
    write(agent, { 'src/a.txt': 'changed\n' });
    expect((await checkpoint(made, agent)).files['src/a.txt']).toBe('changed\n');
    await expect(execa('cat', [join(made.home, 'ran')])).rejects.toThrow();
  });

  it('is made where the index is broken, and says why where the repository is', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, { 'src/new.txt': 'new\n' });
    writeFileSync(join(agent.workspace.repository, 'worktrees/tree/index'), 'half an index');
    expect((await checkpoint(made, agent)).files['src/new.txt']).toBe('new\n');
    writeFileSync(join(agent.workspace.tree, '.git'), 'gitdir: /nowhere\n');
    const failed = await agent.asAgent('orch', ['checkpoint']);
    expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not a git repository') });
  });

  it('keeps so many files and bytes, and names the others', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, { a: '12345', b: '12345', c: '1', d: '1', e: '1' });
    const most = { fileBytes: 100, bytes: 8, files: 3 };
    const { sha, leftOut } = await snapshot(
      { cwd: agent.workspace.tree, env: agent.env },
      'orch/T1-fix',
      most,
    );
    expect(leftOut).toEqual(['b (too much in all)', 'e (too many files)']);
    expect((await agent.git('diff-tree', '--name-only', '--no-commit-id', '-r', sha)).stdout).toBe('a\nc\nd');
  });
});

describe('a snapshot', () => {
  it('is brought back, with what is not committed, and nothing is deleted that no snapshot has', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    write(agent, { 'src/a.txt': 'half\n', 'new.txt': 'new\n', huge: Buffer.alloc(21 * 1024 * 1024) });
    rmSync(join(agent.workspace.tree, 'src/b.txt'));
    const place = { cwd: agent.workspace.tree, env: agent.env };
    const to = await snapshot(place, 'orch/T1-fix');
    const before = await state(agent);
    await agent.asAgent('sh', [
      '-c',
      'git add -A; git reset -q huge; git commit -qm Bad; git checkout -q -b elsewhere',
    ]);
    write(agent, { 'src/a.txt': 'bad\n', 'later.txt': 'later\n', 'noise.log': 'kept' });
    symlinkSync('/etc', join(agent.workspace.tree, 'link'));
    writeFileSync(join(agent.workspace.repository, 'worktrees/tree/index.lock'), '');
    const from = await snapshot(place, 'orch/T1-fix');
    const back = { from: from.sha, to: to.sha, parent: made.sha, branch: 'orch/T1-fix' };
    for (const _ of ['once', 'again after a crash']) {
      await restoreSnapshot(agent.asAgent, back);
      await agent.git('branch', '-q', '-D', 'elsewhere');
      expect(await state(agent)).toEqual(before);
    }
    expect((await agent.asAgent('sh', ['-c', 'ls; cat noise.log'])).stdout).toBe(
      'README.md\nhuge\nnew.txt\nnoise.log\nsrc\nkept',
    );
  });

  it('can not be brought back where the agent spoilt its repository', async () => {
    await using made = await bench(FILES);
    await using agent = await agentAtWork(made);
    writeFileSync(join(agent.workspace.tree, '.git'), 'gitdir: /nowhere\n');
    const back = { from: made.sha, to: made.sha, parent: made.sha, branch: 'orch/T1-fix' };
    await expect(restoreSnapshot(agent.asAgent, back)).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
  });
});

const CONFLICT = `echo 1 > both; git add both; git commit -qm 1; git checkout -q main; echo 2 > both; git add both
  git commit -qm 2; git checkout -q orch/T1-fix; git merge -q main`;

function write({ workspace }: Agent, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(workspace.tree, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  }
}

async function state(agent: Agent): Promise<string[]> {
  const asked = [
    ['status', '--porcelain=v2'],
    ['for-each-ref'],
    ['rev-parse', 'HEAD'],
    ['diff'],
    ['diff', '--cached'],
  ];
  const shown = [];
  for (const args of asked) shown.push((await agent.git(...args)).stdout);
  return shown;
}

/** Makes one, and tells what it holds by Orch's own copy of the repository. */
async function checkpoint({ store }: Bench, agent: Agent) {
  const { exitCode, stderr } = await agent.asAgent('orch', ['checkpoint', 'before', 'a', 'risk']);
  if (exitCode !== 0) throw new Error(stderr);
  const git = async (...args: string[]) =>
    (await execa('git', ['--git-dir', store.directory, ...args])).stdout;
  const ref = 'refs/orch/checkpoints/T1/1';
  const names = (await git('ls-tree', '-r', '-z', '--name-only', ref)).split('\0').filter(Boolean);
  const entries: [string, string][] = names.map(name => [name, '']);
  for (const entry of entries)
    entry[1] = (
      await execa('git', ['--git-dir', store.directory, 'cat-file', 'blob', `${ref}:${entry[0]}`], {
        stripFinalNewline: false,
      })
    ).stdout;
  return {
    files: Object.fromEntries(entries),
    parent: await git('rev-parse', `${ref}^`),
    said: stderr.split('\n').filter(Boolean),
  };
}

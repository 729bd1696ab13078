import { readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './structure/source.ts';
import { type TemporaryDirectory, temporaryDirectory } from './support/temporary.ts';

describe('the package, installed elsewhere from its tarball', () => {
  let directory: TemporaryDirectory;
  let modules: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    modules = join(directory.path, 'node_modules');
    await execa('npm', ['pack', '--pack-destination', directory.path], { cwd: ROOT, env });
    const [tarball] = (await readdir(directory.path)).filter(name => name.endsWith('.tgz'));
    await writeFile(join(directory.path, 'package.json'), '{ "private": true }');
    const quietly = ['--prefer-offline', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts'];
    // What the registry tells of each package comes over the network.
    const patiently = ['--fetch-retries=5', '--fetch-retry-mintimeout=1000'];
    await execa('npm', ['install', ...quietly, ...patiently, `./${tarball}`], { cwd: directory.path, env });
  }, 240_000);

  afterAll(() => directory[Symbol.asyncDispose]());

  it.each(['orch', 'orchestrate'])('gives a command %s that knows its version and its help', async name => {
    const { version } = JSON.parse(await readFile(`${ROOT}package.json`, 'utf8'));
    const command = join(modules, '.bin', name);
    expect((await execa(command, ['--version'])).stdout).toBe(version);
    expect((await execa(command, ['--help'])).stdout).toContain('Usage: orch');
  });

  it.each([
    ['server', []],
    ['action', [{ event: 'issue_comment', conclusion: 'success', runner: 'runner-1' }]],
  ])('plays the demo with Orch as %s, far from any checkout', async (mode, workflow_runs) => {
    const orch = join(modules, '.bin', 'orch');
    const args = ['demo', '--mode', mode, '--once', '--json'];
    const { stdout } = await execa(orch, args, { cwd: directory.path });
    const states = ['queued', 'starting', 'running', 'completed'];
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      task: { status: 'completed' },
      states,
      workflow_runs,
    });
  });

  it('runs what was built, and brings neither sources nor tests nor maps', async () => {
    const names = await readdir(join(modules, 'orch'), { recursive: true });
    const own = names.filter(name => !name.startsWith('node_modules'));
    expect(own).toEqual(
      expect.arrayContaining(['dist/main.js', 'action/action.yml', 'action/dist/index.js']),
    );
    expect(own.filter(name => /^(src|test|script|bench)\/|\.map$|(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });

  it('tells an older Node which one it needs', async () => {
    const [node, ...preload] = await olderNode(directory.path);
    const { exitCode, stderr, stdout } = await execa(
      node,
      [...preload, join(modules, 'orch', 'bin', 'orch.js'), '--version'],
      { reject: false },
    );
    expect(stderr).toMatch(/^E_NODE_VERSION: Orch needs Node 24 or newer, and this is v\d+\.\d+\.\d+\./);
    expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
  });
});

// npm looks for the machine's settings (registry, certificates) beside the Node that runs it: that has to be its own, not
// the checkout's.
const env = {
  PATH: process.env.PATH?.split(delimiter)
    .filter(folder => !folder.endsWith('node_modules/.bin'))
    .join(delimiter),
};

/** A real older Node where the machine has one, else this one told to give an older version. */
async function olderNode(directory: string): Promise<[string, ...string[]]> {
  for (const folder of process.env.PATH?.split(delimiter) ?? []) {
    const node = join(folder, 'node');
    const { stdout } = await execa(node, ['--version'], { reject: false });
    const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1]);
    if (major >= 18 && major < 24) return [node];
  }
  const preload = join(directory, 'older.cjs');
  await writeFile(
    preload,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } });",
  );
  return [process.execPath, '--require', preload];
}

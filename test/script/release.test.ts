import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram, tryProgram } from '../../src/shared/program.ts';
import { ROOT } from '../structure/source.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A checkout whose Action is built by a line of shell. */
async function openCheckout() {
  const directory = await temporaryDirectory();
  const { path } = directory;
  mkdirSync(join(path, 'script'));
  copyFileSync(`${ROOT}script/release`, join(path, 'script/release'));
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', ...identity };
  const git = (...args: string[]) => runProgram('git', args, { cwd: path, env });
  const release = () => tryProgram('script/release', [], { cwd: path, env });
  const build = 'mkdir -p action/dist && echo built > action/dist/index.js && echo 1 KB';
  write('package.json', JSON.stringify({ version: '1.2.3', scripts: { 'build:action': build } }, null, 2));
  write('CHANGELOG.md', '## [1.2.3] - 2026-11-28\n');
  write('.gitignore', 'dist/\n');
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Begin');
  return { git, release, write, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

const identity = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap(who => [
    [`GIT_${who}_NAME`, 'Orch'],
    [`GIT_${who}_EMAIL`, 'orch@example.org'],
  ]),
);

describe('script/release', () => {
  it('tags a commit beside the branch that holds the built Action too', async () => {
    await using checkout = await openCheckout();
    const { git, release } = checkout;
    expect(await release()).toMatchObject({ exitCode: 0, stdout: 'refs/tags/v1.2.3 +refs/tags/v1' });
    expect(await git('show', 'v1.2.3:action/dist/index.js')).toBe('built');
    const of = (ref: string) => git('rev-parse', `${ref}^{commit}`);
    expect(await of('v1')).toBe(await of('v1.2.3'));
    expect(await of('v1.2.3~1')).toBe(await of('main'));
    expect(await git('ls-files', 'action')).toBe('');
    expect(await git('status', '--porcelain')).toBe('');
  });

  it('prints what is to be pushed, which a server takes whole or not at all', async () => {
    await using checkout = await openCheckout();
    await using server = await temporaryDirectory();
    const { git, release, write } = checkout;
    await git('init', '--quiet', '--bare', server.path);
    const push = async (refs: string) => git('push', '--quiet', '--atomic', server.path, ...refs.split(' '));
    const served = (ref: string) => git('--git-dir', server.path, 'rev-parse', `${ref}^{commit}`);
    await push((await release()).stdout);
    await git('tag', '--delete', 'v1.2.3');
    write('README.md', '# Changed\n');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'Forget to raise the version');
    const again = await release();
    await expect(push(again.stdout)).rejects.toThrow('already exists');
    expect(await served('v1')).toBe(await served('v1.2.3'));
    expect(await served('v1')).not.toBe(await git('rev-parse', 'v1^{commit}'));
  });

  it('refuses what is released, undated or not committed, and tags nothing', async () => {
    await using checkout = await openCheckout();
    const { git, release, write } = checkout;
    write('CHANGELOG.md', '## [1.2.3] - Unreleased\n');
    expect(await release()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('commit first') });
    await git('commit', '--quiet', '--all', '--message', 'Undate');
    expect(await release()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has no date') });
    expect(await git('tag')).toBe('');
    await git('tag', 'v1.2.3');
    expect(await release()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there already') });
  });
});

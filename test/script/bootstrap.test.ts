import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../structure/source.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';

const REAL = ['sh', 'dirname', 'env', 'cat'];
const LOCK = {
  packages: { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { optional: true } },
};
const INSTALLED = { packages: { 'node_modules/a': { version: '1.0.0' } } };

describe('script/bootstrap', () => {
  let directory: TemporaryDirectory;
  let checkout: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    checkout = join(directory.path, 'checkout');
    await mkdir(join(checkout, 'node_modules/.bin'), { recursive: true });
    await mkdir(join(checkout, 'script'));
    await mkdir(join(directory.path, 'bin'));
    await copyFile(`${ROOT}script/bootstrap`, join(checkout, 'script/bootstrap'));
    await writeJson('package-lock.json', LOCK);
    await writeJson('node_modules/.package-lock.json', INSTALLED);
    await program(join(checkout, 'node_modules/.bin/node'), 'echo v24.1.0');
    for (const name of REAL) await symlink((await execa('which', [name])).stdout, bin(name));
    for (const name of ['git', 'tmux', 'bwrap', 'chromium', 'npm', 'apt-get']) await recorder(name);
    await program(bin('id'), 'echo 0');
    await program(bin('node'), `[ "$1" = --version ] && echo v20.1.0 || exec ${process.execPath} "$@"`);
  });

  afterEach(() => directory[Symbol.asyncDispose]());

  it('does nothing and says nothing when nothing is missing', async () => {
    expect(await bootstrap('--browser')).toEqual({ exitCode: 0, output: '', calls: '' });
  });

  it('installs the programs that are missing, as root without asking anything', async () => {
    for (const name of ['git', 'tmux']) await rm(bin(name));
    const { exitCode, calls } = await bootstrap();
    expect({ exitCode, calls }).toEqual({
      exitCode: 0,
      calls: 'apt-get update -qq\napt-get install -y -qq --no-install-recommends git tmux\n',
    });
  });

  it('installs bubblewrap where apt has it, and goes on without', async () => {
    await rm(bin('bwrap'));
    expect((await bootstrap()).calls).toContain('install -y -qq --no-install-recommends bubblewrap\n');
    await program(bin('apt-get'), 'exit 100');
    const refused = await bootstrap();
    expect(refused.exitCode).toBe(0);
    expect(refused.output).toContain('bubblewrap could not be installed');
    await rm(bin('apt-get'));
    expect(await bootstrap()).toEqual({ exitCode: 0, output: '', calls: '' });
  });

  it('uses sudo when not root, and there never waits for a password nobody types', async () => {
    await rm(bin('tmux'));
    await program(bin('id'), 'echo 1000');
    await recorder('sudo');
    expect((await bootstrap()).calls).toContain('sudo -n apt-get update -qq\n');
    await rm(bin('sudo'));
    expect((await bootstrap()).output).toContain(
      'could not install tmux. Install by hand, then run this again.',
    );
  });

  it('installs a browser only when asked, and goes on without one', async () => {
    await rm(bin('chromium'));
    expect((await bootstrap()).calls).toBe('');
    expect((await bootstrap('--browser')).calls).toContain(
      'install -y -qq --no-install-recommends chromium\n',
    );
    await program(bin('apt-get'), 'exit 100');
    const { exitCode, output } = await bootstrap('--browser');
    expect(exitCode).toBe(0);
    expect(output).toContain('chromium could not be installed; the browser tests are skipped.');
  });

  it.each([
    ['there are none', undefined],
    ['one has another version', { packages: { 'node_modules/a': { version: '0.9.0' } } }],
    ['one is missing', { packages: {} }],
  ])('installs the npm packages when %s', async (_, installed) => {
    if (installed === undefined) await rm(join(checkout, 'node_modules/.package-lock.json'));
    else await writeJson('node_modules/.package-lock.json', installed);
    expect((await bootstrap()).calls).toMatch(/^npm ci .*\nnpm rebuild node .*\n$/);
  });

  it('says what to do when the pinned Node did not arrive', async () => {
    await rm(join(checkout, 'node_modules/.bin/node'));
    const { exitCode, output } = await bootstrap();
    expect(exitCode).toBe(1);
    expect(output).toContain('node_modules/.bin/node is none, not v24. Run: npm rebuild node');
  });

  it('says what to do when Node is missing or very old', async () => {
    await program(bin('node'), 'echo v16.0.0');
    expect((await bootstrap()).output).toContain('Node v16.0.0 is too old. Install Node.js 24');
    await rm(bin('npm'));
    expect((await bootstrap()).output).toContain('node and npm are needed, and not both are on PATH.');
  });

  const bin = (name: string) => join(directory.path, 'bin', name);
  const writeJson = (path: string, value: unknown) => writeFile(join(checkout, path), JSON.stringify(value));
  const recorder = (name: string) => program(bin(name), `echo "${name} $*" >> "$CALLS"`);

  async function program(path: string, body: string): Promise<void> {
    await writeFile(path, `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
  }

  async function bootstrap(...args: string[]) {
    const CALLS = join(directory.path, 'calls');
    await writeFile(CALLS, '');
    const { exitCode, all } = await execa(join(checkout, 'script/bootstrap'), args, {
      all: true,
      reject: false,
      extendEnv: false,
      env: { PATH: join(directory.path, 'bin'), HOME: directory.path, CALLS, CI: 'true' },
    });
    return { exitCode, output: all, calls: await readFile(CALLS, 'utf8') };
  }
});

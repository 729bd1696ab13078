import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { deskAround, findHome, linkedBranch } from '../../src/cli/home.ts';
import { runProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const [before, { HOME, ORCH_HOME }] = [process.cwd(), process.env];
afterEach(() => {
  process.chdir(before);
  process.env.HOME = HOME;
  if (ORCH_HOME === undefined) delete process.env.ORCH_HOME;
});

it('the desk is that of the repository around, from a subfolder and a linked worktree too', async () => {
  await using place = await temporaryDirectory();
  const folder = join(place.path, 'shop');
  const git = (...args: string[]) => runProgram('git', ['-C', folder, ...args]);
  process.env.HOME = place.path;
  await runProgram('git', ['init', '-q', '-b', 'main', folder]);
  await git(
    '-c',
    'user.name=Ann',
    '-c',
    'user.email=a@example.com',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'x',
  );
  await git('worktree', 'add', '-q', '-b', 'aside', join(place.path, 'aside'));
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  for (const where of ['shop', 'shop/a/b', 'aside']) {
    process.chdir(join(place.path, where));
    expect(await findHome({})).toBe(join(folder, '.orch'));
  }
  expect(linkedBranch()).toBe('aside');
  process.chdir(folder);
  expect(linkedBranch()).toBe(null);
  process.chdir(place.path);
  expect(await findHome({})).toBe(join(place.path, '.orch'));
});

it('an App of the user goes before a desk that was never started', async () => {
  await using place = await temporaryDirectory();
  const folder = join(place.path, 'shop');
  mkdirSync(join(folder, '.git'), { recursive: true });
  mkdirSync(join(place.path, '.orch'));
  process.chdir(folder);
  const env = { HOME: place.path };
  expect(deskAround(env)).toBe(null);
  mkdirSync(join(folder, '.orch'));
  expect(deskAround(env)).toBe(folder);
  expect(deskAround({ ...env, APP_ID: '1' })).toBe(null);
});

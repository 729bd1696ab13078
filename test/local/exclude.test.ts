import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { excludeFromGit } from '../../src/local/exclude.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('adds what is missing to the list of the repository, and says when that can not be written', async () => {
  await using place = await temporaryDirectory();
  const repository = { top: place.path, gitDirectory: join(place.path, '.git'), name: 'shop' };
  const list = join(repository.gitDirectory, 'info/exclude');
  mkdirSync(join(list, '..'), { recursive: true });
  writeFileSync(list, '/.orch/\n*.log');
  excludeFromGit(repository, ['.orch/', 'context/']);
  excludeFromGit(repository, ['.orch/', 'context/']);
  expect(readFileSync(list, 'utf8')).toBe('/.orch/\n*.log\n/context/\n');
  const other = { ...repository, gitDirectory: join(place.path, 'other') };
  mkdirSync(other.gitDirectory);
  writeFileSync(join(other.gitDirectory, 'info'), 'no folder');
  expect(() => excludeFromGit(other, ['.orch/'])).toThrow(
    expect.objectContaining({ code: 'E_HOME', message: expect.stringContaining('exclude') }),
  );
});

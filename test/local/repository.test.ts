import { afterEach, expect, it, vi } from 'vitest';
import { findRepository } from '../../src/local/repository.ts';
import { runProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

afterEach(() => vi.unstubAllEnvs());

it('says of a repository of another user how git comes to trust it', async () => {
  await using place = await temporaryDirectory();
  await runProgram('git', ['init', '-q', place.path]);
  // For git's own tests: whoever asks is another user.
  vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1');
  await expect(findRepository(place.path)).rejects.toMatchObject({
    code: 'E_NO_REPOSITORY',
    message: expect.stringContaining('belongs to another user'),
    remedy: expect.stringContaining('safe.directory'),
  });
});

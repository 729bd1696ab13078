import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { makeHome } from '../../src/demo/folder.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('the demo has its home where others may not write, unless a sandbox hides that', async () => {
  await using folder = await temporaryDirectory();
  const cache = join(folder.path, 'cache');
  expect(dirname(makeHome('none', { XDG_CACHE_HOME: cache }))).toBe(cache);
  const home = makeHome('bwrap', { XDG_CACHE_HOME: cache });
  expect(dirname(home)).toBe(tmpdir());
  rmSync(home, { recursive: true });
});

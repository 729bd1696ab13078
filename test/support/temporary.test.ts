import { existsSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TEMPORARY_PREFIX, temporaryDirectory } from './temporary.ts';

describe('temporaryDirectory', () => {
  it('gives a private folder and removes it with its content at the end of the scope', async () => {
    let path: string;
    {
      await using directory = await temporaryDirectory();
      path = directory.path;
      expect(basename(path).startsWith(TEMPORARY_PREFIX)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o700);
      await mkdir(join(path, 'a', 'b'), { recursive: true });
      await writeFile(join(path, 'a', 'b', 'file'), 'content');
    }
    expect(existsSync(path)).toBe(false);
  });

  it('gives another folder each time', async () => {
    await using one = await temporaryDirectory();
    await using two = await temporaryDirectory();
    expect(one.path).not.toBe(two.path);
  });
});

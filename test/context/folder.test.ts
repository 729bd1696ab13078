import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/context/folder.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('a folder of shared context', () => {
  it('gives back what was written, and lists it', async () => {
    await using home = await temporaryDirectory();
    const folder = openFolder(join(home.path, 'deep', 'context'));
    expect(await folder.list()).toEqual([]);
    expect(await folder.read('a/b.md', 100)).toBeNull();
    await folder.write('a/b.md', 'one');
    expect((await folder.read('a/b.md', 100))?.toString()).toBe('one');
    await folder.writeCopy('a/b.md', Buffer.from('three'), 2_000_000);
    writeFileSync(join(folder.root, '.hidden'), 'x');
    expect(await folder.list()).toEqual([{ path: 'a/b.md', bytes: 5, at: 2_000_000 }]);
    expect((await folder.read('a/b.md', 100))?.toString()).toBe('three');
    expect(statSync(join(folder.root, 'a/b.md')).mode & 0o777).toBe(0o444);
    expect([await folder.has('a'), await folder.has('a/b.md'), await folder.has('c')]).toEqual([
      true,
      true,
      false,
    ]);
    await folder.remove('a/b.md');
    await folder.remove('a/b.md');
    expect(await folder.list()).toEqual([]);
  });

  it('follows no link, whether it is the folder, one in it, or a file', async () => {
    await using home = await temporaryDirectory();
    const [real, root] = [join(home.path, 'elsewhere'), join(home.path, 'context')];
    mkdirSync(real);
    mkdirSync(root);
    writeFileSync(join(real, 'secret.md'), 'theirs');
    symlinkSync(real, join(home.path, 'linked'));
    symlinkSync(real, join(root, 'agent_outputs'));
    symlinkSync(join(real, 'secret.md'), join(root, 'state.md'));
    const refused = { code: 'E_CONTEXT' };
    const linked = openFolder(join(home.path, 'linked'));
    await expect(linked.list()).rejects.toMatchObject(refused);
    await expect(linked.write('secret.md', 'x')).rejects.toMatchObject(refused);
    const folder = openFolder(root);
    expect(await folder.list()).toEqual([]);
    await expect(folder.read('agent_outputs/secret.md', 100)).rejects.toMatchObject(refused);
    await expect(folder.read('state.md', 100)).rejects.toMatchObject(refused);
    await expect(folder.write('agent_outputs/secret.md', 'x')).rejects.toMatchObject(refused);
    await expect(folder.remove('agent_outputs/secret.md')).rejects.toMatchObject(refused);
    expect(await folder.has('state.md')).toBe(false);
    // The link makes room for a file of its own.
    await folder.write('state.md', 'ours');
    expect(readFileSync(join(root, 'state.md'), 'utf8')).toBe('ours');
    expect(readFileSync(join(real, 'secret.md'), 'utf8')).toBe('theirs');
  });

  it('reads nothing that is too large, or no file', async () => {
    await using home = await temporaryDirectory();
    const folder = openFolder(home.path);
    await folder.write('a.md', '12345');
    mkdirSync(join(home.path, 'b.md'));
    await expect(folder.read('a.md', 4)).rejects.toThrow('it has more than 4 bytes');
    await expect(folder.read('b.md', 4)).rejects.toThrow('it is no file');
  });
});

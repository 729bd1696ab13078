import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { tryAppend } from '../../src/agent/run-files.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('adding to a file of a run', () => {
  it('makes it for its owner alone, and adds', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'monitor.log');
    expect([tryAppend(file, 'a\n'), tryAppend(file, 'b\n')]).toEqual([true, true]);
    expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('neither waits at a pipe nor follows a link that an agent has put there', async () => {
    await using folder = await temporaryDirectory();
    const at = (name: string) => join(folder.path, name);
    await execa('/usr/bin/mkfifo', [at('pipe')]);
    writeFileSync(at('elsewhere'), '');
    symlinkSync(at('elsewhere'), at('link'));
    mkdirSync(at('folder'));
    expect(['pipe', 'link', 'folder', 'missing/file'].map(name => tryAppend(at(name), 'x'))).toEqual(
      Array(4).fill(false),
    );
    expect(readFileSync(at('elsewhere'), 'utf8')).toBe('');
  });
});

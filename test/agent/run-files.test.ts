import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { tryAppend, writeWhole } from '../../src/agent/run-files.ts';
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

it.each(['a link', 'a folder', 'a pipe'])(
  'a file of a run is written whole where an agent has put %s',
  async what => {
    await using folder = await temporaryDirectory();
    const at = (name: string) => join(folder.path, name);
    writeFileSync(at('elsewhere'), 'mine');
    if (what === 'a link') symlinkSync(at('elsewhere'), at('usage.json.new'));
    else if (what === 'a folder') mkdirSync(at('usage.json.new'));
    else await execa('/usr/bin/mkfifo', [at('usage.json.new')]);
    symlinkSync(at('elsewhere'), at('usage.json'));
    writeWhole(at('usage.json'), '{}');
    expect(['usage.json', 'elsewhere'].map(name => readFileSync(at(name), 'utf8'))).toEqual(['{}', 'mine']);
    expect(readdirSync(folder.path).sort()).toEqual(['elsewhere', 'usage.json']);
    expect(statSync(at('usage.json')).mode & 0o777).toBe(0o600);
  },
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leftovers, lingeringProcesses } from './leaks.ts';
import { temporaryDirectory } from './temporary.ts';

describe('the check for leaks', () => {
  it('gives the run a temporary folder of its own', () => {
    expect(tmpdir()).toMatch(/\/orch-\w+$/);
  });

  it('names the folders of tests that are left, and not the caches of others', async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'orch-test-left'));
    await mkdir(join(directory.path, 'node-compile-cache'));
    expect(await leftovers(directory.path)).toEqual([join(directory.path, 'orch-test-left')]);
  });

  it.runIf(process.platform === 'linux')('names a process that still works in the folder', async () => {
    await using directory = await temporaryDirectory();
    const child = spawn('sleep', ['60'], { cwd: directory.path, stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      expect(await lingeringProcesses(directory.path, 0)).toEqual([{ pid: child.pid, command: 'sleep 60' }]);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('waits for processes that are just ending', async () => {
    await using directory = await temporaryDirectory();
    const child = spawn('sleep', ['0.2'], { cwd: directory.path, stdio: 'ignore' });
    await once(child, 'spawn');
    expect(await lingeringProcesses(directory.path)).toEqual([]);
  });
});

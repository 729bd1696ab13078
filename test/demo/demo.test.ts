import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DemoOptions, demo } from '../../src/demo/demo.ts';
import type { Outcome } from '../../src/demo/outcome.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ORCH = join(import.meta.dirname, '..', '..', 'bin', 'orch.js');

/** Runs the demo in this process; gives what it printed and the exit code that it set. */
async function play(options: Partial<DemoOptions>): Promise<{ printed: string; exitCode: number }> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text;
    return true;
  });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await demo({ agent: 'scripted', port: '0', once: true, ...options });
    return { printed, exitCode: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = before;
    write.mockRestore();
  }
}

// Others play the demo at the same time.
const folder = await temporaryDirectory();
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(() => void vi.stubEnv('TMPDIR', folder.path));
afterEach(() => {
  vi.unstubAllEnvs();
  expect(readdirSync(folder.path).filter(name => name.startsWith('orch-demo-'))).toEqual([]);
});

describe('orch demo', () => {
  it('prints one JSON object, read back from the simulated GitHub', async () => {
    const { stdout, exitCode } = await execa(process.execPath, [ORCH, 'demo', '--once', '--json']);
    const outcome: Outcome = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(outcome).toMatchObject({
      ok: true,
      seconds: expect.any(Number),
      issue: 1,
      task: { id: 'T1', status: 'completed', run: 'T1.1' },
      pull_request: { number: 2, head: 'orch/T1-fix-the-failing-test', base: 'main', files: ['basket.js'] },
      check_runs: [{ name: 'orch', status: 'completed', conclusion: 'success' }],
      comments: [{ user: 'maintainer', body: '/orch fix the failing test' }, { user: 'orch-simulated[bot]' }],
      states: ['queued', 'starting', 'running', 'completed'],
      workflow_runs: [],
    });
  });

  it('tells the story as it happens', async () => {
    const { printed, exitCode } = await play({});
    expect(exitCode).toBe(0);
    for (const part of [
      'inbox',
      'task',
      'workspace',
      'terminal',
      'commits',
      'PR         #2',
      'Check run orch: success',
    ]) {
      expect(printed).toContain(part);
    }
    expect(printed).toContain('│ $ git push');
    expect(printed).toContain('in a sandbox (bwrap)');
  });

  it.each([
    ['idle', 1, 'failed', null],
    ['crashing', 1, 'escalated', null],
    ['unpushed', 0, 'completed', 2],
  ])('with the agent %s ends as the rules say', async (agent, exitCode, status, pull) => {
    const played = await play({ agent, json: true });
    const outcome: Outcome = JSON.parse(played.printed);
    expect(played.exitCode).toBe(exitCode);
    expect(outcome).toMatchObject({ ok: exitCode === 0, task: { status } });
    expect(outcome.pull_request?.number ?? null).toBe(pull);
  });

  it('plays on a repository of one’s own, which stays as it is', async () => {
    await using folder = await temporaryDirectory();
    const git = (...args: string[]) =>
      execa('git', ['-C', folder.path, '-c', 'user.name=x', '-c', 'user.email=x@y.z', ...args]);
    await git('init', '-q', '-b', 'trunk');
    writeFileSync(join(folder.path, 'a.txt'), 'a\n');
    await git('add', '-A');
    await git('commit', '-qm', 'Begin');
    const { printed } = await play({ repository: folder.path, instruction: 'write it down', json: true });
    expect(JSON.parse(printed)).toMatchObject({
      ok: true,
      pull_request: { files: ['ORCH-DEMO.md'], head: 'orch/T1-write-it-down' },
    });
    expect((await git('status', '--porcelain', '--branch')).stdout).toBe('## trunk');
  });

  it('gives any instruction, also one that begins like a command', async () => {
    const { printed } = await play({ instruction: 'cancel the rounding', agent: 'idle', json: true });
    expect(JSON.parse(printed).comments[0].body).toBe('/orch -- cancel the rounding');
    await expect(play({ instruction: '' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(play({ port: 'abc' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(play({ mode: 'cloud' })).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('takes any program on PATH, and says when there is none', async () => {
    await using folder = await temporaryDirectory();
    mkdirSync(join(folder.path, 'bin'));
    const script =
      '#!/bin/sh\ncat > asked.md; git add asked.md; git commit -qm Ask; git push -q; gh pr create --fill\n';
    writeFileSync(join(folder.path, 'bin', 'asker'), script, { mode: 0o755 });
    vi.stubEnv('PATH', `${join(folder.path, 'bin')}:${process.env.PATH}`);
    const { printed } = await play({ agent: 'asker', json: true });
    expect(JSON.parse(printed)).toMatchObject({ ok: true, pull_request: { files: ['asked.md'] } });
    await expect(play({ agent: 'no-such-cli' })).rejects.toMatchObject({ code: 'E_MISSING_PROGRAM' });
    await expect(play({ agent: 'NOT A NAME' })).rejects.toMatchObject({ code: 'E_UNKNOWN_AGENT' });
  });
});

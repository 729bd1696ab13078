import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readEnding, watchRun } from '../../src/agent/ending.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orch-ending-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const listener = (ended: () => void, progressed: () => void = () => {}) => ({ ended, progressed });

const NOTHING = { exit: null, setupFailed: null };

it('is not there while the agent runs, nor where there is no directory', () => {
  expect(readEnding(directory)).toEqual(NOTHING);
  expect(readEnding(join(directory, 'gone'))).toEqual(NOTHING);
});

it.each(['', 'seven', '-1', '1e9', '77777'])('is not read from %j', text => {
  writeFileSync(join(directory, 'exit'), text);
  expect(readEnding(directory)).toEqual(NOTHING);
});

it('is read from regular files alone: a FIFO would hang the reader, a link lead it elsewhere', () => {
  execFileSync('/usr/bin/mkfifo', [join(directory, 'exit')]);
  writeFileSync(join(directory, 'elsewhere'), '1\nsecret');
  symlinkSync('elsewhere', join(directory, 'setup-failed'));
  expect(readEnding(directory)).toEqual(NOTHING);
});

it('is told once, when it comes', async () => {
  const told = vi.fn();
  using _watch = watchRun(directory, listener(told));
  writeFileSync(join(directory, 'other'), '');
  await new Promise(setImmediate);
  expect(told).not.toHaveBeenCalled();
  writeFileSync(join(directory, 'exit'), '0\n');
  await vi.waitFor(() => expect(told).toHaveBeenCalled(), { timeout: 15_000 });
  writeFileSync(join(directory, 'exit'), '0\n');
  await new Promise(setImmediate);
  expect(told).toHaveBeenCalledOnce();
});

it('is told when it was there before', async () => {
  writeFileSync(join(directory, 'exit'), '0\n');
  const { promise, resolve } = Promise.withResolvers<void>();
  using _watch = watchRun(directory, listener(resolve));
  await promise;
});

it('is told to nobody who stopped listening, or listens to a directory that is gone', async () => {
  const told = vi.fn();
  writeFileSync(join(directory, 'exit'), '0\n');
  watchRun(directory, listener(told))[Symbol.dispose]();
  watchRun(join(directory, 'gone'), listener(told))[Symbol.dispose]();
  await new Promise(setImmediate);
  expect(told).not.toHaveBeenCalled();
});

it('comes after the last progress, of which each change is told', async () => {
  const told: string[] = [];
  const progressed = () => void told.push('progressed');
  using _watch = watchRun(
    directory,
    listener(() => void told.push('ended'), progressed),
  );
  writeFileSync(join(directory, 'progress.json'), '{}');
  await vi.waitFor(() => expect(told).toContain('progressed'), { timeout: 15_000 });
  expect(told).not.toContain('ended');
  writeFileSync(join(directory, 'exit'), '0\n');
  await vi.waitFor(() => expect(told.slice(-2)).toEqual(['progressed', 'ended']), { timeout: 15_000 });
});

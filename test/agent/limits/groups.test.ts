import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, vi } from 'vitest';
import { openGroups } from '../../../src/agent/limits/choose.ts';
import { processStart } from '../../../src/agent/processes.ts';
import { groupsOfHost, makeGroup } from '../../../src/daemon/limits.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const LIMITS = { memoryMb: 64, cpuPercent: 150, processes: 32 };

/** A folder that looks like a tree of control groups; its files are only files. */
async function pretended(files: Record<string, string>) {
  const folder = await temporaryDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder.path, path, '..'), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const read = (path: string) => readFileSync(join(folder.path, path), 'utf8');
  return { root: folder.path, read, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('control groups of version 2, pretended', () => {
  const TREE = {
    'cgroup.controllers': 'cpu memory pids',
    'orch.service/cgroup.controllers': 'cpu memory pids',
    'orch.service/cgroup.procs': '10\n11\n',
    'orch.service/orch-daemon/cgroup.procs': '',
  };

  it('are made below the one that Orch is in, with what is set', async () => {
    await using tree = await pretended(TREE);
    const groups = openGroups({ root: tree.root, self: '0::/orch.service\n', home: '/home/a/.orch' });
    expect(groups.kind).toBe('cgroup2');
    // A group that hands on controllers may hold no process.
    expect(tree.read('orch.service/orch-daemon/cgroup.procs')).toBe('11');
    expect(tree.read('orch.service/cgroup.subtree_control')).toBe('+memory +cpu +pids');
    const group = groups.make('T1.1', LIMITS);
    const [own = ''] = readdirSync(join(tree.root, 'orch.service')).filter(name =>
      /^orch-[0-9a-f]{12}$/.test(name),
    );
    const at = `orch.service/${own}/T1.1`;
    expect(tree.read(`${at}/memory.max`)).toBe('67108864');
    expect(tree.read(`${at}/memory.swap.max`)).toBe('0');
    expect(tree.read(`${at}/cpu.max`)).toBe('150000 100000');
    expect(tree.read(`${at}/pids.max`)).toBe('32');
    expect(group.enter).toBe(`echo $$ >'${tree.root}/${at}/cgroup.procs'`);
    expect(groups.runs()).toEqual(['T1.1']);
    for (const [file, text] of Object.entries({
      'memory.peak': '1048577\n',
      'cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
      'memory.events': 'oom 1\noom_kill 1\n',
      'cgroup.procs': '7\n8\n',
    }))
      writeFileSync(join(tree.root, at, file), text);
    expect(group.usage()).toEqual({ memoryMb: 2, cpuSeconds: 2.5 });
    expect([group.ranOutOfMemory(), group.pids()]).toEqual([true, [7, 8]]);
  });

  it.each([
    [
      'lack a controller',
      { 'cgroup.controllers': 'cpu pids', 'orch.service/cgroup.controllers': 'cpu pids' },
    ],
    ['are not ours', { 'cgroup.controllers': 'cpu memory pids' }],
  ])('that %s are left alone', async (_, files) => {
    await using tree = await pretended(files);
    const groups = openGroups({ root: tree.root, self: '0::/orch.service\n', home: '/home/a/.orch' });
    expect(groups.kind).toBe('rlimit');
  });
});

describe('a host without control groups', () => {
  const groups = openGroups({ root: '/nowhere', self: '', home: '/home/a/.orch' });

  it('bounds the memory of single processes', async () => {
    const { enter } = makeGroup(groups, 'T1.1', { ...LIMITS, cpuPercent: null });
    const script = `${enter} && exec "${process.execPath}" -e "Buffer.alloc(200e6, 1)"`;
    const { exitCode, signal } = await execa('/bin/sh', ['-c', script], { reject: false, stderr: 'ignore' });
    expect(exitCode === 0 && signal === undefined).toBe(false);
  });

  it('refuses a limit that it can not keep', () => {
    expect(() => makeGroup(groups, 'T1.1', LIMITS)).toThrow(
      expect.objectContaining({ code: 'E_LIMITS_UNAVAILABLE' }),
    );
  });
});

const isReal = groupsOfHost('/probe').kind !== 'rlimit';

// A user without delegation can't make groups; CI and the container can, as root.
describe.skipIf(!isReal)('control groups of this host', () => {
  it('hold a run together whatever it does to leave, count it, and end what takes too much memory', async () => {
    await using folder = await temporaryDirectory();
    const groups = groupsOfHost(folder.path);
    const group = makeGroup(groups, 'T1.1', LIMITS);
    const hungry = `"${process.execPath}" -e "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"`;
    const leaver = 'setsid -f env -i sleep 300';
    const { exitCode } = await execa('/bin/sh', ['-c', `${group.enter}; ${leaver}; ${hungry}`], {
      reject: false,
      stdio: 'ignore',
    });
    expect(exitCode).toBe(137);
    expect(group.ranOutOfMemory()).toBe(true);
    expect(group.usage()).toEqual({ memoryMb: expect.any(Number), cpuSeconds: expect.any(Number) });
    const [left = 0, ...others] = group.pids();
    expect(others).toEqual([]);
    expect(readFileSync(`/proc/${left}/cmdline`, 'utf8')).toContain('sleep');
    process.kill(left, 'SIGKILL');
    await gone(left);
    group.remove();
    expect(groups.runs()).toEqual([]);
  });

  it('end a fork bomb at the number of processes that it may have', async () => {
    await using folder = await temporaryDirectory();
    const groups = groupsOfHost(folder.path);
    const group = makeGroup(groups, 'T1.1', { ...LIMITS, memoryMb: null });
    const bomb = 'n=0; while [ $n -lt 200 ]; do sleep 300 & n=$((n + 1)); done 2>/dev/null; true';
    await execa('/bin/sh', ['-c', `${group.enter}; ${bomb}`], { reject: false, stdio: 'ignore' });
    const pids = group.pids();
    expect(pids.length).toBeGreaterThan(5);
    expect(pids.length).toBeLessThanOrEqual(32);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await Promise.all(pids.map(gone));
    group.remove();
  });
});

async function gone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(processStart(pid)).toBeNull(), { timeout: 15_000 });
}

import { expect, it } from 'vitest';
import {
  cpuByGroup,
  foregroundGroup,
  listProcesses,
  parsePs,
  pidsInPs,
  processStart,
} from '../../src/agent/processes.ts';

it('a live process has a start time that stays, a dead one has none', () => {
  expect(processStart(process.pid)).toBe(processStart(process.pid));
  expect(processStart(process.pid)).not.toBeNull();
  expect(processStart(2 ** 30)).toBeNull();
});

it('the list has this process, below its parent', () => {
  expect(listProcesses()).toContainEqual(expect.objectContaining({ pid: process.pid, parent: process.ppid }));
});

it('a process without a terminal is taken for its own foreground', () => {
  expect(foregroundGroup(2 ** 30)).toBe(2 ** 30);
});

it('what ps prints elsewhere than on Linux is read alike, zombies left out', () => {
  const output = `    1     0     1 Ss   Fri Nov 21 01:00:00 2026
  812   800   812 S+   Fri Nov 21 01:02:03 2026
  813   812   812 Z+   Fri Nov 21 01:02:04 2026
`;
  expect(parsePs(output)).toEqual([
    { pid: 1, parent: 0, group: 1, start: 'Fri Nov 21 01:00:00 2026', cpuMs: null },
    { pid: 812, parent: 800, group: 812, start: 'Fri Nov 21 01:02:03 2026', cpuMs: null },
  ]);
});

it.runIf(process.platform === 'linux')('the processor time of a group grows with its work', () => {
  const group = listProcesses().find(({ pid }) => pid === process.pid)?.group as number;
  const before = cpuByGroup().get(group) as number;
  for (const until = process.cpuUsage().user + 60_000; process.cpuUsage().user < until; );
  expect(cpuByGroup().get(group)).toBeGreaterThan(before);
});

it('a mark in the environment that ps prints is found whole', () => {
  const output = `  812 sleep 600 HOME=/root ORCH_LAUNCH=abc PATH=/bin
  813 sleep 600 ORCH_LAUNCH=abcd
  814 sleep 600 XORCH_LAUNCH=abc
  815 sleep 600 ORCH_LAUNCH=abc
`;
  expect(pidsInPs(output, 'ORCH_LAUNCH=abc')).toEqual(new Set([812, 815]));
});

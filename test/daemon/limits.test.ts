import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Group } from '../../src/agent/limits/limits.ts';
import { runFiles } from '../../src/agent/run-files.ts';
import { readUsage, settleGroup } from '../../src/daemon/limits.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it.each(['', '\0\0\0', '{"memoryMb":', '{"memoryMb":"much"}'])(
  'what a run has taken is not known where %j stands: power was lost, or an agent wrote there',
  async text => {
    await using run = await temporaryDirectory();
    writeFileSync(runFiles(run.path).usage, text);
    expect(readUsage(run.path)).toEqual({ memoryMb: null, cpuSeconds: null });
  },
);

it('a run whose agent put a folder where its use is written ends all the same, and its group goes', async () => {
  await using run = await temporaryDirectory();
  mkdirSync(runFiles(run.path).usage);
  let isThere = true;
  const group: Group = {
    enter: ':',
    usage: () => ({ memoryMb: 12, cpuSeconds: 1 }),
    ranOutOfMemory: () => false,
    pids: () => [],
    remove() {
      isThere = false;
    },
  };
  settleGroup(group, run.path);
  expect([isThere, readUsage(run.path).memoryMb]).toEqual([false, null]);
});

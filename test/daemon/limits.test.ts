import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runFiles } from '../../src/agent/run-files.ts';
import { readUsage } from '../../src/daemon/limits.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it.each(['', '\0\0\0', '{"memoryMb":', '{"memoryMb":"much"}'])(
  'what a run has taken is not known where %j stands: power was lost, or an agent wrote there',
  async text => {
    await using run = await temporaryDirectory();
    writeFileSync(runFiles(run.path).usage, text);
    expect(readUsage(run.path)).toEqual({ memoryMb: null, cpuSeconds: null });
  },
);

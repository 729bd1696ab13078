import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../src/shared/program.ts';
import { node } from './cli-status.ts';
import { type Benchmark, type Context, interleave, type Measured, timed } from './harness.ts';

/** `orch add` at a desk whose agents are busy, against Node doing nothing. */
export const cliAdd: Benchmark = {
  key: 'cli_add_over_node',
  unit: 'ms',
  compare: 'ratio',
  wanted: 2,
  measure,
};

const ORCH = join(import.meta.dirname, '..', 'bin', 'orch.js');
const SETTINGS = 'agents: { busy: { command: [sleep, "3600"], prompt: file } }\n';

async function measure(context: Context): Promise<Measured> {
  const folder = join(context.directory, 'shop');
  mkdirSync(folder);
  writeFileSync(join(folder, 'orch.yaml'), SETTINGS);
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    [...PERSON, 'commit', '-qm', 'Start'],
  ])
    await runProgram('git', args, { cwd: folder });
  const home = join(folder, '.orch');
  const orch = (...args: string[]) => node([ORCH, ...args], home, folder);
  await orch('start');
  try {
    await orch('add', 'keep the agent busy');
    let task = 0;
    const add = () => {
      task += 1;
      return orch('add', `do ${task}`);
    };
    const samples = await interleave(
      context,
      () => timed(add),
      () => timed(() => node(['-e', '0'], home, folder)),
    );
    return { ...samples, ceilings: [{ what: 'add', samples: samples.ours, limit: 100 }] };
  } finally {
    await orch('stop', '--now');
  }
}

const PERSON = ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost'];

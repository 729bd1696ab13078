import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Benchmark, type Context, interleave, type Measured, timed } from './harness.ts';
import { comment, endOfTask, startGithub, startOrch } from './world.ts';

/** `orch status` of a daemon that has tasks, against Node doing nothing. */
export const cliStatus: Benchmark = {
  key: 'cli_status_over_node',
  unit: 'ms',
  compare: 'ratio',
  wanted: 2,
  measure,
};

const TASKS = 3;
const ORCH = join(import.meta.dirname, '..', 'bin', 'orch.js');

async function measure(context: Context): Promise<Measured> {
  const { directory, signal } = context;
  await using github = await startGithub(join(directory, 'github'), 1);
  await using orch = await startOrch(github, join(directory, 'orch'));
  for (let task = 1; task <= TASKS; task += 1) {
    await comment(github, `/orch be task ${task}`);
    await endOfTask(orch, github, `T${task}`, signal);
  }
  const samples = await interleave(
    context,
    () => timed(() => node([ORCH, 'status'], orch.home)),
    () => timed(() => node(['-e', '0'], orch.home)),
  );
  return { ...samples, ceilings: [{ what: 'status', samples: samples.ours, limit: 50 }] };
}

/** Runs Node for a home folder, and waits for its end. */
export async function node(args: string[], home: string, cwd = home): Promise<void> {
  const env = { ...process.env, ORCH_HOME: home };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args.join(' ')} exited with ${code}`);
}

import { getInput, getState, saveState, setSecret } from '@actions/core';
import { listenForStop } from '../shared/signals.ts';
import { decide } from './decide.ts';
import {
  type EnqueueInputs,
  type ExecuteInputs,
  type Inputs,
  type RunInputs,
  readInputs,
  SECRET_INPUTS,
} from './inputs.ts';
import { type Job, readJob } from './job.ts';
import { giveOutputs, NO_TASK, type Story } from './outputs.ts';
import { fail, tell } from './tell.ts';

/**
 * Does what a mode is for, until the task is over or the job is cancelled, and lets go of all that it has started. Null:
 * the event asked for no task, or has been answered. Whatever else goes wrong is thrown.
 */
type Mode<Taken> = (inputs: Taken, job: Job, cancelled: AbortSignal) => Promise<Story | null>;

const MODES: { run: Mode<RunInputs>; enqueue: Mode<EnqueueInputs>; execute: Mode<ExecuteInputs> } = {
  run,
  enqueue: async (...given) => await (await import('./enqueue.ts')).enqueue(...given),
  execute: async (...given) => await (await import('./execute.ts')).executeOrder(...given, process.env),
};

process.on('uncaughtException', error => {
  fail(error);
  process.exit(1);
});
for (const name of SECRET_INPUTS) if (getInput(name) !== '') setSecret(getInput(name));
// GitHub starts the same file again after the job's last step.
if (getState('begun') === '') await main();
else if (getState('ready') !== '') await post();

async function main(): Promise<void> {
  saveState('begun', 'true');
  // What stands in case that nothing can be said at the end.
  giveOutputs({ ...NO_TASK, status: 'failed' });
  using stop = listenForStop();
  const cancelled = new AbortController();
  void stop.told.then(() => cancelled.abort());
  try {
    const inputs = readInputs(getInput);
    const job = readJob(process.env);
    saveState('ready', 'true');
    const mode = MODES[inputs.mode] as Mode<Inputs>;
    await tell(inputs.mode, job, await mode(inputs, job, cancelled.signal));
  } catch (error) {
    fail(error);
  }
}

/** What a mode has started, and was ended before it was over. */
async function post(): Promise<void> {
  try {
    const inputs = readInputs(getInput);
    const job = readJob(process.env);
    if (inputs.mode === 'run') await (await import('./post.ts')).endJob(inputs, job, process.env);
    if (inputs.mode === 'execute')
      await (await import('./execute.ts')).endExecution(inputs, job, process.env);
  } catch (error) {
    fail(error);
  }
}

/** Most events ask for nothing: what a task takes is read when there is one. */
async function run(inputs: RunInputs, job: Job, cancelled: AbortSignal): Promise<Story | null> {
  const asked = decide(inputs, job);
  if (asked === null) return null;
  return await (await import('./run.ts')).runTask(inputs, job, asked, cancelled, process.env);
}

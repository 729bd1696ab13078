import { getInput, getState, saveState, setSecret } from '@actions/core';
import { listenForStop } from '../shared/signals.ts';
import { decide } from './decide.ts';
import { type Inputs, readInputs, SECRET_INPUTS } from './inputs.ts';
import { type Job, readJob } from './job.ts';
import { giveOutputs, NO_TASK, type Story } from './outputs.ts';
import { fail, tell } from './tell.ts';

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
    await tell(inputs.mode, job, await perform(inputs, job, cancelled.signal));
  } catch (error) {
    fail(error);
  }
  try {
    saveState('told', 'true');
  } catch {
    // On a full disk the last part says it once more.
  }
}

/**
 * Does what a mode is for, until the task is over or the job is cancelled, and lets go of all that it has started. Null:
 * the event asked for no task, or has been answered. What takes long to load is loaded where it is needed.
 */
async function perform(inputs: Inputs, job: Job, cancelled: AbortSignal): Promise<Story | null> {
  switch (inputs.mode) {
    case 'run': {
      // Most events ask for nothing.
      const asked = decide(inputs, job);
      if (asked === null) return null;
      return await (await import('./run.ts')).runTask(inputs, job, asked, cancelled, process.env);
    }
    case 'enqueue':
      return await (await import('./enqueue.ts')).enqueue(inputs, job, cancelled);
    case 'execute':
      return await (await import('./execute.ts')).executeOrder(inputs, job, cancelled, process.env);
    default:
      return inputs satisfies never;
  }
}

/** What a mode has started, and was ended before it was over. */
async function post(): Promise<void> {
  try {
    const inputs = readInputs(getInput);
    const job = readJob(process.env);
    if (inputs.mode === 'run') {
      const story = await (await import('./post.ts')).endJob(inputs, job, process.env);
      if (story !== null && getState('told') === '') await tell(inputs.mode, job, story);
    }
    if (inputs.mode === 'execute')
      await (await import('./execute.ts')).endExecution(inputs, job, process.env);
  } catch (error) {
    fail(error);
  }
}

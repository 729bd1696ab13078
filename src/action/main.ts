import { error as annotate, getInput, getState, saveState, setSecret } from '@actions/core';
import { describeError, OrchError } from '../shared/errors.ts';
import { listenForStop } from '../shared/signals.ts';
import { isFinal } from '../task/states.ts';
import {
  type EnqueueInputs,
  type ExecuteInputs,
  type Inputs,
  type RunInputs,
  readInputs,
  SECRET_INPUTS,
} from './inputs.ts';
import { type Job, readJob } from './job.ts';
import { say } from './log.ts';
import { giveOutputs, NO_TASK, outputsOf, type Story } from './outputs.ts';

/**
 * Does what a mode is for, until the task is over or the job is cancelled, and lets go of all that it has started. Null:
 * the event asked for no task, or has been answered. Whatever else goes wrong is thrown.
 */
type Mode<Taken> = (inputs: Taken, job: Job, cancelled: AbortSignal) => Promise<Story | null>;

const MODES: { run?: Mode<RunInputs>; enqueue?: Mode<EnqueueInputs>; execute?: Mode<ExecuteInputs> } = {};

process.on('uncaughtException', error => {
  fail(error);
  process.exit(1);
});
for (const name of SECRET_INPUTS) if (getInput(name) !== '') setSecret(getInput(name));
// GitHub starts the same file again after the job's last step.
if (getState('begun') === '') await main();

async function main(): Promise<void> {
  saveState('begun', 'true');
  // What stands in case that nothing can be said at the end.
  giveOutputs({ ...NO_TASK, status: 'failed' });
  using stop = listenForStop();
  const cancelled = new AbortController();
  void stop.told.then(() => cancelled.abort());
  try {
    const inputs = readInputs(getInput);
    tell(inputs, await perform(inputs, readJob(process.env), cancelled.signal));
  } catch (error) {
    fail(error);
  }
}

async function perform(inputs: Inputs, job: Job, cancelled: AbortSignal): Promise<Story | null> {
  const mode = MODES[inputs.mode] as Mode<Inputs> | undefined;
  if (!mode) throw new OrchError('E_INPUT', `\`mode: ${inputs.mode}\` is not in this release`);
  return await mode(inputs, job, cancelled);
}

function tell(inputs: Inputs, story: Story | null): void {
  giveOutputs(story === null ? NO_TASK : outputsOf(story));
  if (story === null) {
    say('No task was asked for.');
    return;
  }
  const { id, status, pull_request } = story;
  const reason = story.reason === null ? '' : `: ${story.reason}`;
  say(`${id} is ${status}${reason}${pull_request?.url ? ` ${pull_request.url}` : ''}`);
  const goesOnElsewhere = inputs.mode === 'enqueue' && !isFinal(status);
  if (status === 'completed' || goesOnElsewhere) return;
  annotate(`${id} is ${status}${reason}`, { title: `Orch: ${id}` });
  process.exitCode = 1;
}

function fail(error: unknown): void {
  const told = error instanceof OrchError ? error : inside(error);
  annotate(describeError(told), { title: `Orch: ${told.code}` });
  process.exitCode = 1;
}

function inside(cause: unknown): OrchError {
  const remedy = 'Run the job again with debug logging, and tell us of it.';
  return new OrchError('E_INTERNAL', describeError(cause), { cause, remedy });
}

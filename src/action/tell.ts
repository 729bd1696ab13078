import { error as annotate, summary, warning } from '@actions/core';
import { headline } from '../github/report/comment.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { isFinal } from '../task/states.ts';
import type { Inputs } from './inputs.ts';
import type { Job } from './job.ts';
import { mayLeave, say } from './log.ts';
import { giveOutputs, NO_TASK, outputsOf, type Story } from './outputs.ts';
import { summaryOf } from './summary.ts';

const STRANGERS =
  'Whoever opens a pull request from a fork of a public repository can have code of their own run on its self-hosted runners: ' +
  'https://docs.github.com/en/actions/reference/security/secure-use#hardening-for-self-hosted-runners';

/** Tells what a mode has come to: outputs, a line in the log, a summary, and the end of the job in red where it came to nothing. */
export async function tell(mode: Inputs['mode'], job: Job, story: Story | null): Promise<void> {
  giveOutputs(story === null ? NO_TASK : outputsOf(story));
  if (story === null) {
    say('No task was asked for.');
    return;
  }
  const { id, status, pull_request } = story;
  const title = headline(status, id);
  const reason = story.reason === null ? null : mayLeave(story.reason);
  say([title, reason, pull_request?.url].filter(part => part).join(': '));
  await summary.addRaw(summaryOf(story, `${job.serverUrl}/${story.repository}`)).write();
  if (job.isSelfHosted && job.repository.isPublic) warning(STRANGERS, { title: 'Orch: public repository' });
  const goesOnElsewhere = mode === 'enqueue' && !isFinal(status);
  if (status !== 'completed' && !goesOnElsewhere) turnRed(title, reason ?? title);
}

/** Tells what has gone wrong, without where in the code: one line with its code and what to do. */
export function fail(error: unknown): void {
  const known = error instanceof OrchError ? error : inside(error);
  turnRed(`Orch: ${known.code}`, describeError(known));
}

function turnRed(title: string, text: string): void {
  annotate(text, { title });
  process.exitCode = 1;
}

function inside(cause: unknown): OrchError {
  const remedy = 'Run the job again with debug logging, and tell us of it.';
  return new OrchError('E_INTERNAL', describeError(cause), { cause, remedy });
}

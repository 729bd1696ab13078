import { ZodError, z } from 'zod';
import { openHandlers } from '../github/app.ts';
import { askAt } from '../github/asked.ts';
import { githubMessage, hasStatus, isRefusal } from '../github/client.ts';
import type { AppContext } from '../github/context.ts';
import { refused } from '../github/refusals.ts';
import { openReplies } from '../github/replies.ts';
import { OrchError } from '../shared/errors.ts';
import type { Task } from '../task/glossary.ts';
import { branchName } from '../workspace/branch.ts';
import { type Asked, strangeEvent } from './decide.ts';
import { doorOf, INSTALLATION } from './door.ts';
import { inWorkflowRuns } from './elsewhere.ts';
import type { RunInputs } from './inputs.ts';
import type { Workshop } from './open.ts';
import { knowOrigin } from './origin.ts';

/**
 * Takes what is asked for, as the App does: checks who asks, queues the task, answers what is no task. Null when there is
 * nothing to do for an agent. Errors: what was answered with a no, E_NO_ACCESS, E_UNKNOWN_ISSUE, E_INPUT, E_GITHUB, E_GITHUB_AWAY.
 */
export async function take(workshop: Workshop, asked: Asked, inputs: RunInputs): Promise<Task | null> {
  const { store, job, clock } = workshop;
  const no: OrchError[] = [];
  const context = contextOf(workshop, inputs, error => no.push(error));
  try {
    const number = pullOf(asked);
    if (number !== null) await knowOrigin(workshop, number);
    if (asked.kind === 'task') await takeTask(context, workshop, asked);
    else await openHandlers(context)(asked.name, payloadOf(asked), deliveryOf(workshop));
  } catch (error) {
    const told = asOrchError(error);
    throw told instanceof OrchError ? inJob(told) : told;
  }
  const task = store.tasks.get(job.run.id);
  if (task === null && no[0]) throw no[0];
  // An attempt before this one has made it, if there is one.
  if (task !== null && job.run.attempt > 1)
    store.creations.begin(task.id, 'branch', branchName(task.id, task.instruction), clock.now());
  return task;
}

const payloads = z.object({
  issue: z.object({ number: z.number().int(), pull_request: z.object({}).nullish() }).optional(),
  pull_request: z.object({ number: z.number().int() }).optional(),
});

/** The number of what may be a pull request. */
function pullOf(asked: Asked): number | null {
  if (asked.kind === 'task') return asked.issue;
  const { issue, pull_request: pull } = payloads.parse(asked.payload);
  return (issue?.pull_request ? issue.number : pull?.number) ?? null;
}

function contextOf(
  { settings, store, github, clock, log }: Workshop,
  { options: wanted }: RunInputs,
  refusing: (error: OrchError) => void,
): AppContext {
  const shared = { store, github, clock, log };
  const replies = openReplies(shared);
  return {
    ...shared,
    settings,
    wanted,
    elsewhere: inWorkflowRuns(github),
    replies: {
      ...replies,
      async refuse(place, key, error) {
        const told = inJob(error);
        refusing(told);
        await replies.refuse(place, key, told);
      },
    },
    rollBack: notHere,
    plans: { approve: notHere, compare: notHere },
  };
}

function notHere(): never {
  throw new Error('what is said to tasks of workflow runs does not come here');
}

/** What a server would be told to do about it is another thing in a job. */
function inJob(error: OrchError): OrchError {
  switch (error.code) {
    case 'E_QUEUE_FULL':
      return new OrchError('E_QUEUE_FULL', 'A workflow run does one task, the first of a comment', {
        remedy: 'Write a comment for each.',
      });
    case 'E_NO_AGENT':
      return new OrchError('E_NO_AGENT', error.message, {
        remedy:
          'Install the CLI of an agent on the runner, or name its command in the file that `settings` names.',
      });
    default:
      return error;
  }
}

/** In a workflow run the payload tells of no installation. */
function payloadOf({ payload }: Extract<Asked, { kind: 'event' }>): object {
  return { ...payload, installation: { id: INSTALLATION } };
}

function deliveryOf({ job }: Workshop): string {
  return `run:${job.run.id}`;
}

async function takeTask(
  context: AppContext,
  workshop: Workshop,
  { instruction, issue }: Extract<Asked, { kind: 'task' }>,
): Promise<void> {
  const source = deliveryOf(workshop);
  const wish = { instruction, options: context.wanted, contextFiles: [], source, needs: [], parent: null };
  await askAt(context, await doorOf(workshop, issue), [wish]);
}

/** What came of asking GitHub, so that people know what to do. */
export function asOrchError(error: unknown): unknown {
  if (error instanceof OrchError) return error;
  if (error instanceof ZodError) return strangeEvent(error);
  if (hasStatus(error, 401)) {
    return new OrchError('E_GITHUB', 'GitHub does not take the token', {
      cause: error,
      remedy: 'Leave `token` out, or give it a token that is valid still.',
    });
  }
  if (typeof (error as { status?: unknown }).status !== 'number') return error;
  const said = githubMessage(error);
  if (isRefusal(error))
    return refused('E_GITHUB', 'GitHub refuses to tell what Orch has to know', said, { cause: error });
  return new OrchError('E_GITHUB_AWAY', `GitHub can't be asked: ${said}`, {
    cause: error,
    remedy: 'Run the job again.',
  });
}

import { z } from 'zod';
import type { Order } from '../engine/actions/order.ts';
import type { Github } from '../github/client.ts';
import { OrchError } from '../shared/errors.ts';
import type { Job } from './job.ts';

/** Of the event `workflow_dispatch`. */
const dispatch = z.object({ sender: z.object({ login: z.string(), type: z.string() }) });

/** Branches of Orch's own: an order that names another would have its agent push there. */
const OWN_BRANCH = /^orch\/T\d/;

/** Refuses a job that is to do an order a second time: the App knows of one run, and counts on one. Errors: E_INPUT. */
export function refuseAgain({ run }: Job): void {
  if (run.attempt > 1)
    throw refused(
      'An order is carried out once, and this is a re-run',
      'Retry the task: comment /orch retry.',
    );
}

/**
 * Makes sure that an order comes from an App, and is for this repository; for another one only from the App whose token
 * this job has. Errors: E_INPUT.
 */
export async function confirmOrder(
  { task }: Order,
  job: Job,
  github: Pick<Github, 'identity'>,
): Promise<void> {
  const event = job.event.name === 'workflow_dispatch' ? dispatch.safeParse(job.event.payload) : null;
  if (!event?.success || event.data.sender.type !== 'Bot')
    throw refused('An order comes from the App, and nobody else', 'Comment /orch on an issue.');
  if (!OWN_BRANCH.test(task.branch))
    throw refused(`The branch \`${task.branch}\` is none of Orch's`, 'Comment /orch on an issue.');
  if (task.repositoryId === job.repository.id) return;
  const { sender } = event.data;
  const { login } = await github.identity(0, task.repositoryId);
  if (login === sender.login) return;
  throw refused(
    `The order is for ${task.repository}, and \`token\` is ${login}'s, not of the App ${sender.login} that sent it`,
    "Give `token` that App's token: make it with actions/create-github-app-token in a step before.",
  );
}

function refused(what: string, remedy: string): OrchError {
  return new OrchError('E_INPUT', what, { remedy });
}

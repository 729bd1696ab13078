import { type Task, taskName } from '../../task/glossary.ts';
import { githubMessage, isRefusal, type Octokit } from '../client.ts';
import { ownerAndName } from '../comments.ts';
import type { ReporterOptions } from './reporter.ts';

/** Does what is welcome and not needed: what GitHub refuses for good is a line in the log, `says`. */
export async function tolerate(
  { log }: Pick<ReporterOptions, 'log'>,
  task: Task,
  says: string,
  wish: () => Promise<unknown>,
): Promise<void> {
  try {
    await wish();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    log.warn({ task: taskName(task.id), why: githubMessage(error) }, says);
  }
}

/** Asks somebody to review the task's pull request; to ask again does no harm. */
export async function requestReview(
  octokit: Octokit,
  { repository, pull }: Task,
  login: string,
): Promise<void> {
  await octokit.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
    ...ownerAndName(repository),
    pull_number: pull as number,
    reviewers: [login],
  });
}

import type { RepositorySettings } from '../../config/repository.ts';
import type { Task } from '../../task/glossary.ts';
import type { Octokit } from '../client.ts';
import { ownerAndName } from '../comments.ts';
import { createOnce } from '../once.ts';
import type { ReporterOptions } from './reporter.ts';
import { requestReview, tolerate } from './wish.ts';

const REFUSED = 'GitHub refused a label or reviewer';

/**
 * Labels, and asking who commanded for a review, on the pull request that Orch has opened: until GitHub has decided,
 * then never again, so that people can take them off. They are welcome, not needed: a refusal is a line in the log.
 */
export async function decorate(options: ReporterOptions, octokit: Octokit, task: Task): Promise<null> {
  const { store, clock } = options;
  const { pull } = task;
  const isOurs = store.creations.ofKind(task.id, 'pull').length > 0;
  if (pull === null || task.pullState !== 'open' || !isOurs) return null;
  await createOnce(store, {
    task: task.id,
    kind: 'decoration',
    key: `${pull}`,
    now: clock.now(),
    // Both can be said again without harm.
    lookUp: async () => null,
    async create() {
      await tolerate(options, task, REFUSED, () => addLabels(octokit, task, pull));
      await tolerate(options, task, REFUSED, () => askForReview(octokit, task, pull));
      return pull;
    },
  });
  return null;
}

async function addLabels(octokit: Octokit, task: Task, issue_number: number): Promise<void> {
  const labels = (JSON.parse(task.settings) as Partial<RepositorySettings>).labels?.pullRequest ?? [];
  if (labels.length === 0) return;
  await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
    ...ownerAndName(task.repository),
    issue_number,
    labels,
  });
}

/** Where there are code owners, GitHub has asked them by now. */
async function askForReview(octokit: Octokit, task: Task, pull_number: number): Promise<void> {
  const { pullRequest } = JSON.parse(task.settings) as Partial<RepositorySettings>;
  const reviewers = pullRequest?.reviewers ?? 'requester';
  if (reviewers === 'none') return;
  if (reviewers === 'owners') {
    const at = { ...ownerAndName(task.repository), pull_number };
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', at);
    if ((data.requested_reviewers ?? []).length + (data.requested_teams ?? []).length > 0) return;
  }
  await requestReview(octokit, task, task.requester);
}

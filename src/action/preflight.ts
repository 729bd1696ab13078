import { findIssue } from '../github/asked.ts';
import { githubMessage, hasStatus, isRefusal, type Octokit } from '../github/client.ts';
import { ownerAndName } from '../github/comments.ts';
import { refused } from '../github/refusals.ts';
import { OrchError } from '../shared/errors.ts';
import type { Task } from '../task/glossary.ts';
import type { Workshop } from './open.ts';

/**
 * What would keep a task from its pull request, asked before its agent costs anything: an issue that is gone, and
 * permissions that the token lacks. Null when nothing does. Errors: what GitHub answers else.
 */
export async function preflight({ github }: Workshop, task: Task): Promise<OrchError | null> {
  const octokit = await github.octokit(task.installation, task.repositoryId);
  try {
    if (task.issue !== 0) await findIssue(octokit, task.repository, task.issue);
  } catch (error) {
    if (error instanceof OrchError) return error;
    if (!isRefusal(error)) throw error;
    return refused('E_GITHUB', `GitHub does not show #${task.issue}`, githubMessage(error), { cause: error });
  }
  const probes = [pushing(octokit, task), opening(octokit, task)];
  if (task.issue !== 0) probes.push(telling(octokit, task));
  const answers = await Promise.all(probes.map(refusalOf));
  const refusals = answers.filter(answer => answer !== null);
  if (refusals.length === 0) return null;
  const said = [...new Set(refusals.map(githubMessage))].join('; ');
  return refused('E_GITHUB', 'The token may not all that the task takes', said, { cause: refusals[0] });
}

const FORBIDDEN =
  /not accessible by (integration|personal access token)|not permitted to create or approve pull requests/i;

/** GitHub's answer when a permission is missing. What is asked for can't be, so who has them all is refused otherwise. */
async function refusalOf(probe: Promise<unknown>): Promise<unknown> {
  try {
    await probe;
    return null;
  } catch (error) {
    if (FORBIDDEN.test(githubMessage(error))) return error;
    if (hasStatus(error, 422) || isRefusal(error)) return null;
    throw error;
  }
}

/** A ref to a commit that there is not. */
function pushing(octokit: Octokit, task: Task): Promise<unknown> {
  return octokit.request('POST /repos/{owner}/{repo}/git/refs', {
    ...ownerAndName(task.repository),
    ref: `refs/heads/orch/T${task.id}`,
    sha: '0'.repeat(40),
  });
}

/** A pull request from a branch onto itself. */
function opening(octokit: Octokit, task: Task): Promise<unknown> {
  const branch = task.base as string;
  return octokit.request('POST /repos/{owner}/{repo}/pulls', {
    ...ownerAndName(task.repository),
    title: 'Orch asks whether it may',
    head: branch,
    base: branch,
  });
}

/** A comment without a word. */
function telling(octokit: Octokit, task: Task): Promise<unknown> {
  return octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...ownerAndName(task.repository),
    issue_number: task.issue,
    body: '',
  });
}

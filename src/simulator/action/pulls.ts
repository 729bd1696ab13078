import { GitHubError, invalid } from '../http/errors.ts';
import type { Issue, PullRequest, User } from '../model.ts';
import { shapeUser } from '../shape/user.ts';
import { type Deed, fullName, isPull, refuseArchived } from '../world.ts';
import { emitIssue, isAssignable, newIssue, setState } from './issues.ts';
import { measurePull } from './pull-size.ts';

export interface NewPull {
  title: string;
  head: string;
  base: string;
  body?: string | null | undefined;
  draft?: boolean | undefined;
  maintainerCanModify?: boolean | undefined;
}

export async function createPull(deed: Deed, input: NewPull): Promise<PullRequest> {
  const { repository, world } = deed;
  refuseArchived(repository);
  const headRef = withoutOwner(deed, input.head);
  const base = { ref: input.base, sha: await tip(deed, input.base, 'base') };
  const head = { ref: headRef, sha: await tip(deed, headRef, 'head') };
  const open = [...repository.issues.values()].filter(isPull).filter(({ state }) => state === 'open');
  if (open.some(({ pull }) => pull.head.ref === head.ref && pull.base.ref === base.ref)) {
    throw custom(`A pull request already exists for ${repository.owner.login}:${head.ref}.`);
  }
  if (await repository.git.isAncestor(head.sha, base.sha)) {
    throw custom(`No commits between ${base.ref} and ${head.ref}`);
  }
  if (!(await repository.git.mergeBase(base.sha, head.sha))) {
    throw custom(`The ${head.ref} branch has no history in common with ${base.ref}`);
  }
  const issue: PullRequest = {
    ...newIssue(deed, input),
    pull: {
      id: world.newId(),
      head,
      base,
      draft: input.draft ?? false,
      merged: null,
      maintainerCanModify: input.maintainerCanModify ?? false,
      requestedReviewers: [],
      reviews: [],
      reviewComments: [],
      size: { commits: 0, additions: 0, deletions: 0, files: 0, mergeable: true },
    },
  };
  await measurePull(repository, issue);
  repository.issues.set(issue.number, issue);
  emitIssue(deed, issue, 'opened');
  return issue;
}

/** `owner:branch` names a branch here; branches of forks there are none. */
function withoutOwner({ repository }: Deed, head: string): string {
  const [owner, ...rest] = head.split(':');
  if (rest.length === 0) return head;
  if (owner?.toLowerCase() !== repository.owner.login.toLowerCase()) throw badField('head');
  return rest.join(':');
}

async function tip({ repository }: Deed, branch: string, field: string): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const sha = (await repository.git.refs(ref)).get(ref);
  if (!sha) throw badField(field);
  return sha;
}

function badField(field: string): GitHubError {
  return invalid({ resource: 'PullRequest', field, code: 'invalid' });
}

function custom(message: string): GitHubError {
  return invalid({ resource: 'PullRequest', code: 'custom', message });
}

export async function changeBase(deed: Deed, issue: PullRequest, branch: string): Promise<void> {
  if (branch === issue.pull.base.ref) return;
  const { ref, sha } = issue.pull.base;
  issue.pull.base = { ref: branch, sha: await tip(deed, branch, 'base') };
  await measurePull(deed.repository, issue);
  emitIssue(deed, issue, 'edited', { changes: { base: { ref: { from: ref }, sha: { from: sha } } } });
}

export function setDraft(deed: Deed, issue: PullRequest, draft: boolean): void {
  refuseArchived(deed.repository);
  if (issue.pull.draft === draft) return;
  issue.pull.draft = draft;
  emitIssue(deed, issue, draft ? 'converted_to_draft' : 'ready_for_review');
}

/** Closes or reopens an issue or a pull request; the latter only while its branches are there. */
export async function changeState(
  deed: Deed,
  issue: Issue,
  state: Issue['state'],
  reason?: string | null,
): Promise<void> {
  const reopening = state === 'open' && issue.state === 'closed';
  if (reopening && isPull(issue) && !issue.pull.merged) await catchUp(deed, issue);
  setState(deed, issue, state, reason);
}

async function catchUp(deed: Deed, issue: PullRequest): Promise<void> {
  const { head, base } = issue.pull;
  issue.pull.head.sha = await tip(deed, head.ref, 'head');
  issue.pull.base.sha = await tip(deed, base.ref, 'base');
  await measurePull(deed.repository, issue);
}

/** Asks people for a review; nobody is asked when one of them can't be. */
export function requestReviewers(deed: Deed, issue: PullRequest, logins: readonly string[]): void {
  const { repository, world } = deed;
  refuseArchived(repository);
  const users = logins.map(login => world.users.get(login.toLowerCase()));
  if (users.some(user => user?.id === issue.user.id)) {
    throw new GitHubError(422, 'Review cannot be requested from pull request author.');
  }
  const allowed = users.filter((user): user is User => user !== undefined && isAssignable(repository, user));
  if (allowed.length < users.length) {
    throw new GitHubError(
      422,
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${fullName(repository)} repository.`,
    );
  }
  for (const user of allowed.filter(one => !issue.pull.requestedReviewers.includes(one))) {
    issue.pull.requestedReviewers.push(user);
    emitIssue(deed, issue, 'review_requested', { requested_reviewer: shapeUser(world, user) });
  }
}

export function unrequestReviewers(deed: Deed, issue: PullRequest, logins: readonly string[]): void {
  refuseArchived(deed.repository);
  const lower = logins.map(login => login.toLowerCase());
  for (const user of issue.pull.requestedReviewers.filter(({ login }) =>
    lower.includes(login.toLowerCase()),
  )) {
    issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter(other => other !== user);
    emitIssue(deed, issue, 'review_request_removed', { requested_reviewer: shapeUser(deed.world, user) });
  }
}

import { GitHubError, invalid } from '../http/errors.ts';
import type { Issue, PullRequest, Repository, User } from '../model.ts';
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
  const base = { ref: input.base, sha: await tip(deed, input.base, 'base') };
  const head = await findHead(deed, input.head);
  const open = [...repository.issues.values()].filter(isPull).filter(({ state }) => state === 'open');
  const isSame = ({ ref, fork }: typeof head) => ref === head.ref && fork === head.fork;
  if (open.some(({ pull }) => isSame(pull.head) && pull.base.ref === base.ref)) {
    throw custom(`A pull request already exists for ${(head.fork ?? repository).owner.login}:${head.ref}.`);
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

/** `owner:branch` names a branch here or of that owner's fork, whose commits are then fetched. */
async function findHead(deed: Deed, head: string): Promise<PullRequest['pull']['head']> {
  const { repository, world } = deed;
  const [owner = '', ...rest] = head.split(':');
  const isOwner = ({ login }: User) => login.toLowerCase() === owner.toLowerCase();
  if (rest.length === 0) return { ref: head, sha: await tip(deed, head, 'head'), fork: null };
  const ref = rest.join(':');
  if (isOwner(repository.owner)) return { ref, sha: await tip(deed, ref, 'head'), fork: null };
  const forks = [...world.repositories.values()].filter(({ parent }) => parent === repository);
  const fork = forks.find(each => isOwner(each.owner));
  if (!fork) throw badField('head');
  return { ref, sha: await fetchHead(deed, fork, ref), fork };
}

/** The tip of a fork's branch, with its commits brought here, as GitHub keeps them. */
async function fetchHead(deed: Deed, fork: Repository, branch: string): Promise<string> {
  const sha = await tip({ ...deed, repository: fork }, branch, 'head');
  await deed.repository.git.run(['fetch', '--quiet', fork.git.path, `refs/heads/${branch}`]);
  return sha;
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
  const { fork, ref } = head;
  issue.pull.head.sha = await (fork ? fetchHead(deed, fork, ref) : tip(deed, ref, 'head'));
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

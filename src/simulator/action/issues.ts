import { emit } from '../emit.ts';
import { GitHubError, invalid } from '../http/errors.ts';
import type { Issue, Repository, User } from '../model.ts';
import { shapeIssue, shapeLabel } from '../shape/issue.ts';
import { shapePull } from '../shape/pull.ts';
import { shapeUser } from '../shape/user.ts';
import { type Deed, hasRole, isPull, refuseArchived } from '../world.ts';
import { labelsNamed } from './labels.ts';

export interface NewIssue {
  title: string;
  body?: string | null | undefined;
  labels?: readonly string[] | undefined;
  assignees?: readonly string[] | undefined;
}

export function createIssue(deed: Deed, input: NewIssue): Issue {
  refuseArchived(deed.repository);
  const issue = newIssue(deed, input);
  deed.repository.issues.set(issue.number, issue);
  emitIssue(deed, issue, 'opened');
  // Labels and assignees of people who may not set them are dropped without a word, as on GitHub.
  if (maySort(deed)) {
    setLabels(deed, issue, input.labels ?? []);
    assign(deed, issue, input.assignees ?? []);
  }
  return issue;
}

/** An issue with the next number, not yet in its repository. */
export function newIssue({ world, repository, actor }: Deed, input: NewIssue): Issue {
  const now = world.clock.now();
  return {
    id: world.newId(),
    number: Math.max(0, ...repository.issues.keys()) + 1,
    title: input.title,
    body: input.body ?? null,
    user: actor.user,
    byApp: actor.permissions !== null,
    state: 'open',
    stateReason: null,
    labels: [],
    assignees: [],
    locked: false,
    lockReason: null,
    reactions: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pull: null,
  };
}

function maySort({ repository, actor }: Deed): boolean {
  return actor.permissions !== null || hasRole(repository, actor.user, 'triage');
}

/** Issues speak of `issues`, pull requests of `pull_request`. */
export function emitIssue(
  deed: Deed,
  issue: Issue,
  action: string,
  more: Record<string, unknown> = {},
): void {
  const { world, repository } = deed;
  if (isPull(issue)) {
    const pull = shapePull(world, repository, issue);
    emit(deed, 'pull_request', action, { number: issue.number, pull_request: pull, ...more });
  } else {
    emit(deed, 'issues', action, { issue: shapeIssue(world, repository, issue), ...more });
  }
}

export function editIssue(
  deed: Deed,
  issue: Issue,
  input: { title?: string | undefined; body?: string | null | undefined },
): void {
  refuseArchived(deed.repository);
  const changes: Record<string, { from: string }> = {};
  if (input.title !== undefined && input.title !== issue.title) {
    changes.title = { from: issue.title };
    issue.title = input.title;
  }
  if (input.body !== undefined && input.body !== issue.body) {
    changes.body = { from: issue.body ?? '' };
    issue.body = input.body;
  }
  if (Object.keys(changes).length === 0) return;
  touch(deed, issue);
  emitIssue(deed, issue, 'edited', { changes });
}

export function setState(deed: Deed, issue: Issue, state: Issue['state'], reason?: string | null): void {
  refuseArchived(deed.repository);
  if (issue.state === state) return;
  if (state === 'open' && issue.pull?.merged)
    throw new GitHubError(422, 'Cannot reopen a merged pull request.');
  issue.state = state;
  issue.closedAt = state === 'closed' ? deed.world.clock.now() : null;
  issue.closedBy = state === 'closed' ? deed.actor.user : null;
  if (!issue.pull) issue.stateReason = state === 'closed' ? (reason ?? 'completed') : 'reopened';
  touch(deed, issue);
  emitIssue(deed, issue, state === 'closed' ? 'closed' : 'reopened');
}

/** Makes the labels of an issue exactly these; unknown ones are created. */
export function setLabels(deed: Deed, issue: Issue, names: readonly string[]): void {
  refuseArchived(deed.repository);
  const wanted = labelsNamed(deed, names);
  for (const label of issue.labels.filter(old => !wanted.includes(old))) {
    issue.labels = issue.labels.filter(other => other !== label);
    touch(deed, issue);
    emitIssue(deed, issue, 'unlabeled', { label: shapeLabel(deed.world, deed.repository, label) });
  }
  addLabels(deed, issue, names);
}

export function addLabels(deed: Deed, issue: Issue, names: readonly string[]): void {
  refuseArchived(deed.repository);
  for (const label of labelsNamed(deed, names)) {
    if (issue.labels.includes(label)) continue;
    issue.labels = [...issue.labels, label];
    touch(deed, issue);
    emitIssue(deed, issue, 'labeled', { label: shapeLabel(deed.world, deed.repository, label) });
  }
}

export function removeLabel(deed: Deed, issue: Issue, name: string): void {
  const rest = issue.labels.filter(label => label.name.toLowerCase() !== name.toLowerCase());
  if (rest.length === issue.labels.length) throw new GitHubError(404, 'Label does not exist');
  setLabels(
    deed,
    issue,
    rest.map(label => label.name),
  );
}

/** Adds assignees; people who can't be assigned are left out without a word, as on GitHub. */
export function assign(deed: Deed, issue: Issue, logins: readonly string[]): void {
  refuseArchived(deed.repository);
  for (const login of logins) {
    const user = deed.world.users.get(login.toLowerCase());
    if (!user || !isAssignable(deed.repository, user) || issue.assignees.includes(user)) continue;
    issue.assignees = [...issue.assignees, user];
    touch(deed, issue);
    emitIssue(deed, issue, 'assigned', { assignee: shapeUser(deed.world, user) });
  }
}

export function unassign(deed: Deed, issue: Issue, logins: readonly string[]): void {
  refuseArchived(deed.repository);
  const leaving = issue.assignees.filter(user =>
    logins.some(login => login.toLowerCase() === user.login.toLowerCase()),
  );
  for (const user of leaving) {
    issue.assignees = issue.assignees.filter(other => other !== user);
    touch(deed, issue);
    emitIssue(deed, issue, 'unassigned', { assignee: shapeUser(deed.world, user) });
  }
}

export function isAssignable(repository: Repository, user: User): boolean {
  return repository.owner.id === user.id || repository.collaborators.has(user.id);
}

export function setLocked(deed: Deed, issue: Issue, locked: boolean, reason: string | null = null): void {
  refuseArchived(deed.repository);
  if (reason !== null && !['off-topic', 'too heated', 'resolved', 'spam'].includes(reason)) {
    throw invalid({ resource: 'Issue', field: 'lock_reason', code: 'invalid' });
  }
  issue.locked = locked;
  issue.lockReason = locked ? reason : null;
  touch(deed, issue);
  emitIssue(deed, issue, locked ? 'locked' : 'unlocked');
}

function touch(deed: Deed, issue: Issue): void {
  issue.updatedAt = deed.world.clock.now();
}

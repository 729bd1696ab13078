import { emit, shapeOrganization } from '../emit.ts';
import { GitHubError } from '../http/errors.ts';
import type { Issue, User } from '../model.ts';
import { shapeIssue } from '../shape/issue.ts';
import { shapeRepository } from '../shape/repository.ts';
import { shapeUser } from '../shape/user.ts';
import { type Deed, fullName, installationOf } from '../world.ts';
import { changeSelection } from './installations.ts';
import { emitIssue, newIssue } from './issues.ts';

/** The old name leads on to the repository until another one takes it. */
export function renameRepository(deed: Deed, name: string): void {
  const { world, repository } = deed;
  const from = repository.name;
  world.formerNames.set(fullName(repository).toLowerCase(), repository.id);
  repository.name = name;
  emit(deed, 'repository', 'renamed', { changes: { repository: { name: { from } } } });
}

export function deleteRepository(deed: Deed): void {
  emit(deed, 'repository', 'deleted', {});
  deed.world.repositories.delete(deed.repository.id);
}

/** To an account where the App may be installed or not; an installation on chosen repositories loses it. */
export function transferRepository(deed: Deed, owner: User): void {
  const { world, repository } = deed;
  const [from, installation] = [repository.owner, installationOf(world, repository)];
  if (installation?.repositoryIds) changeSelection(world, installation, repository, false);
  world.formerNames.set(fullName(repository).toLowerCase(), repository.id);
  repository.owner = owner;
  const before =
    from.type === 'Organization'
      ? { organization: shapeOrganization(world, from) }
      : { user: shapeUser(world, from) };
  emit(deed, 'repository', 'transferred', { changes: { owner: { from: before } } });
}

export function deleteIssue(deed: Deed, issue: Issue): void {
  const { repository } = deed;
  emitIssue(deed, issue, 'deleted');
  repository.issues.delete(issue.number);
  for (const [id, comment] of repository.comments)
    if (comment.issueNumber === issue.number) repository.comments.delete(id);
}

/** The issue goes on in another repository, under a number of its own. */
export function transferIssue(deed: Deed, issue: Issue, to: Deed['repository']): Issue {
  if (issue.pull) throw new GitHubError(422, 'Pull requests can not be transferred');
  const { world, repository } = deed;
  const { title, body, user } = issue;
  const there = { ...newIssue({ ...deed, repository: to }, { title, body }), user };
  to.issues.set(there.number, there);
  const changes = {
    new_issue: shapeIssue(world, to, there),
    new_repository: shapeRepository(world, to),
  };
  emitIssue(deed, issue, 'transferred', { changes });
  repository.issues.delete(issue.number);
  return there;
}

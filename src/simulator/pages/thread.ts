import { GitHubError } from '../http/errors.ts';
import type { Issue } from '../model.ts';
import { findIssue, hasRole } from '../world.ts';
import { demand, field, type RepositoryVisit } from './visit.ts';

/** The forms that issues and pull requests have in common. Each gives the path to go on to. */
export async function postComment(visit: RepositoryVisit): Promise<string> {
  const issue = findIssue(visit.repository, visit.params.number);
  // Browsers send CRLF for every line break.
  const body = (visit.form.get('body') ?? '').replaceAll('\r\n', '\n');
  const comment = await visit.simulator.comment(visit.name, issue.number, body, visit.user.login);
  return `${pathOf(visit, issue)}#issuecomment-${comment.id}`;
}

export async function postLabel(visit: RepositoryVisit): Promise<string> {
  demand(visit, 'triage');
  const { simulator, name, user } = visit;
  const issue = findIssue(visit.repository, visit.params.number);
  const [add, remove] = [field(visit, 'add'), field(visit, 'remove')];
  if (add) await simulator.setLabel(name, issue.number, add, user.login);
  if (remove) await simulator.unsetLabel(name, issue.number, remove, user.login);
  return pathOf(visit, issue);
}

export async function postState(visit: RepositoryVisit): Promise<string> {
  const issue = findIssue(visit.repository, visit.params.number);
  if (!maySetState(visit, issue)) demand(visit, 'triage');
  const state = field(visit, 'state');
  if (state !== 'open' && state !== 'closed') throw new GitHubError(422, 'The state is open or closed.');
  await visit.simulator.setState(visit.name, issue.number, state, visit.user.login);
  return pathOf(visit, issue);
}

/** Who wrote an issue may close and reopen it, and who sorts issues. */
export function maySetState({ repository, user }: RepositoryVisit, issue: Issue): boolean {
  return issue.user.id === user.id || hasRole(repository, user, 'triage');
}

export function pathOf({ name }: RepositoryVisit, issue: Issue): string {
  return `/${name}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
}

import { emit } from '../emit.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import type { Comment, Issue } from '../model.ts';
import { shapeComment, shapeIssue } from '../shape/issue.ts';
import { type Deed, findIssue, hasRole, refuseArchived } from '../world.ts';

/** GitHub's limit: the column holds 65,536 characters. */
const LONGEST = 65_536;

export function createComment(deed: Deed, issue: Issue, body: string): Comment {
  const { world, repository, actor } = deed;
  refuseArchived(repository);
  checkBody(body);
  if (issue.locked && !mayModerate(deed)) {
    throw new GitHubError(403, 'Unable to create comment because issue is locked.');
  }
  const now = world.clock.now();
  const comment: Comment = {
    id: world.newId(),
    issueNumber: issue.number,
    user: actor.user,
    byApp: actor.permissions !== null,
    body,
    reactions: [],
    createdAt: now,
    updatedAt: now,
  };
  repository.comments.set(comment.id, comment);
  issue.updatedAt = now;
  emitComment(deed, comment, 'created');
  return comment;
}

function emitComment(deed: Deed, comment: Comment, action: string, more: Record<string, unknown> = {}): void {
  const { world, repository } = deed;
  const issue = shapeIssue(world, repository, findIssue(repository, comment.issueNumber));
  emit(deed, 'issue_comment', action, { issue, comment: shapeComment(world, repository, comment), ...more });
}

export function editComment(deed: Deed, comment: Comment, body: string): void {
  refuseArchived(deed.repository);
  refuseStrangers(deed, comment);
  checkBody(body);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = deed.world.clock.now();
  emitComment(deed, comment, 'edited', { changes: { body: { from } } });
}

export function deleteComment(deed: Deed, comment: Comment): void {
  refuseArchived(deed.repository);
  refuseStrangers(deed, comment);
  deed.repository.comments.delete(comment.id);
  emitComment(deed, comment, 'deleted');
}

export function findComment(deed: Deed, id: unknown): Comment {
  const comment = deed.repository.comments.get(Number(id));
  if (!comment) throw notFound();
  return comment;
}

function mayModerate({ repository, actor }: Deed): boolean {
  return actor.permissions !== null || hasRole(repository, actor.user, 'write');
}

function refuseStrangers(deed: Deed, comment: Comment): void {
  if (comment.user.id === deed.actor.user.id || mayModerate(deed)) return;
  throw new GitHubError(403, 'Must have admin rights to Repository.');
}

function checkBody(body: string): void {
  if (body.trim() === '') throw refusal('missing_field', 'Body cannot be blank');
  if (body.length > LONGEST) throw refusal('custom', `body is too long (maximum is ${LONGEST} characters)`);
}

function refusal(code: string, message: string): GitHubError {
  const errors = [{ resource: 'IssueComment', code, field: 'body', message }];
  return new GitHubError(422, 'Validation Failed', { errors });
}

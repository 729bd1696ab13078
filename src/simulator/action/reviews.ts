import { emit } from '../emit.ts';
import { diffFiles, type FileDiff } from '../git/diff.ts';
import { GitHubError, invalid } from '../http/errors.ts';
import type { PullRequest, Review, ReviewComment } from '../model.ts';
import { shapePullSimple, shapeReview, shapeReviewComment } from '../shape/pull.ts';
import { type Deed, hasRole, refuseArchived } from '../world.ts';
import { followLines } from './review-lines.ts';

const STATES = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;
export type ReviewEvent = keyof typeof STATES;

export interface NewReviewComment {
  body: string;
  path: string;
  line?: number | undefined;
  side?: 'LEFT' | 'RIGHT' | undefined;
}

export interface NewReview {
  /** Without one the review stays pending. */
  event?: ReviewEvent | undefined;
  body?: string | undefined;
  commit?: string | undefined;
  comments?: readonly NewReviewComment[] | undefined;
}

export async function createReview(deed: Deed, issue: PullRequest, input: NewReview): Promise<Review> {
  refuseArchived(deed.repository);
  const { world, actor } = deed;
  const own = issue.user.id === actor.user.id;
  if (own && input.event && input.event !== 'COMMENT') {
    const verb = input.event === 'APPROVE' ? 'approve' : 'request changes on';
    throw new GitHubError(422, `Can not ${verb} your own pull request`);
  }
  if (input.event && input.event !== 'APPROVE' && !input.body && !input.comments?.length) {
    throw new GitHubError(422, 'Unprocessable Entity: body is missing');
  }
  const commit = input.commit ?? issue.pull.head.sha;
  const review: Review = {
    id: world.newId(),
    user: actor.user,
    body: input.body ?? '',
    state: input.event ? STATES[input.event] : 'PENDING',
    commit,
    submittedAt: world.clock.now(),
  };
  const files = input.comments?.length ? await filesAt(deed, issue, commit) : [];
  const comments = (input.comments ?? []).map(comment =>
    newComment(deed, review.id, { ...comment, commit }, files),
  );
  // They were there before it was submitted.
  review.submittedAt = world.clock.now();
  issue.pull.reviews.push(review);
  issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter(user => user.id !== actor.user.id);
  if (review.state !== 'PENDING') emitReview(deed, issue, review, 'submitted');
  await keep(deed, issue, comments);
  return review;
}

export function submitReview(
  deed: Deed,
  issue: PullRequest,
  review: Review,
  event: ReviewEvent,
  body?: string,
): void {
  review.state = STATES[event];
  review.body = body ?? review.body;
  emitReview(deed, issue, review, 'submitted');
}

export function dismissReview(deed: Deed, issue: PullRequest, review: Review): void {
  review.state = 'DISMISSED';
  emitReview(deed, issue, review, 'dismissed');
}

/** Webhooks write a review's state in small letters, the API in capitals. */
function emitReview(deed: Deed, issue: PullRequest, review: Review, action: string): void {
  const { world, repository } = deed;
  const shaped = { ...shapeReview(world, repository, issue, review), state: review.state.toLowerCase() };
  emit(deed, 'pull_request_review', action, {
    review: shaped,
    pull_request: shapePullSimple(world, repository, issue),
  });
}

/** A comment on a line: a review of its own, as on GitHub. */
export async function addReviewComment(
  deed: Deed,
  issue: PullRequest,
  input: NewReviewComment & { commit: string },
) {
  refuseArchived(deed.repository);
  const comment = newComment(deed, 0, input, await filesAt(deed, issue, input.commit));
  const review = await createReview(deed, issue, { event: 'COMMENT', body: ' ', commit: input.commit });
  comment.reviewId = review.id;
  await keep(deed, issue, [comment]);
  return comment;
}

/** What the pull request changes as of a commit of it. */
async function filesAt({ repository }: Deed, { pull }: PullRequest, commit: string): Promise<FileDiff[]> {
  const { git } = repository;
  return await diffFiles(git, (await git.mergeBase(pull.base.sha, commit)) ?? pull.base.sha, commit);
}

function newComment(
  deed: Deed,
  reviewId: number,
  input: NewReviewComment & { commit: string },
  files: readonly FileDiff[],
): ReviewComment {
  const file = files.find(({ path }) => path === input.path);
  if (!file)
    throw invalid({
      resource: 'PullRequestReviewComment',
      code: 'custom',
      field: 'pull_request_review_thread.path',
      message: 'path could not be resolved',
    });
  const now = deed.world.clock.now();
  return {
    id: deed.world.newId(),
    reviewId,
    user: deed.actor.user,
    body: input.body,
    path: input.path,
    line: input.line ?? null,
    originalLine: input.line ?? null,
    side: input.side ?? 'RIGHT',
    commit: input.commit,
    diffHunk: file.patch ?? '',
    inReplyTo: null,
    reactions: [],
    createdAt: now,
    updatedAt: now,
  };
}

async function keep(deed: Deed, issue: PullRequest, comments: readonly ReviewComment[]): Promise<void> {
  issue.pull.reviewComments.push(...comments);
  await followLines(deed.repository, issue);
  for (const comment of comments) emitComment(deed, issue, comment, 'created');
}

export async function replyToReviewComment(
  deed: Deed,
  issue: PullRequest,
  above: ReviewComment,
  body: string,
): Promise<ReviewComment> {
  refuseArchived(deed.repository);
  const now = deed.world.clock.now();
  const inReplyTo = above.inReplyTo ?? above.id;
  const id = deed.world.newId();
  const { user } = deed.actor;
  const reply = { ...above, id, body, inReplyTo, user, reactions: [], createdAt: now, updatedAt: now };
  await keep(deed, issue, [reply]);
  return reply;
}

export function editReviewComment(
  deed: Deed,
  issue: PullRequest,
  comment: ReviewComment,
  body: string,
): void {
  refuseStrangers(deed, comment);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = deed.world.clock.now();
  emitComment(deed, issue, comment, 'edited', { changes: { body: { from } } });
}

export function deleteReviewComment(deed: Deed, issue: PullRequest, comment: ReviewComment): void {
  refuseStrangers(deed, comment);
  issue.pull.reviewComments = issue.pull.reviewComments.filter(other => other !== comment);
  emitComment(deed, issue, comment, 'deleted');
}

function refuseStrangers({ repository, actor }: Deed, comment: ReviewComment): void {
  refuseArchived(repository);
  if (comment.user.id === actor.user.id || actor.permissions || hasRole(repository, actor.user, 'write'))
    return;
  throw new GitHubError(403, 'Must have admin rights to Repository.');
}

function emitComment(
  deed: Deed,
  issue: PullRequest,
  comment: ReviewComment,
  action: string,
  more: object = {},
): void {
  const { world, repository } = deed;
  emit(deed, 'pull_request_review_comment', action, {
    comment: shapeReviewComment(world, repository, issue, comment),
    pull_request: shapePullSimple(world, repository, issue),
    ...more,
  });
}

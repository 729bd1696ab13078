import { z } from 'zod';
import { createReview, dismissReview, submitReview } from '../action/reviews.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import { type Answer, ok, onRepository, parse, type RepositoryCall, type Route } from '../http/route.ts';
import type { PullRequest, Review } from '../model.ts';
import { shapeReview, shapeReviewComment } from '../shape/pull.ts';
import { findPull } from '../world.ts';

export const reviewRoutes: readonly Route[] = [
  onRepository('GET', '/pulls/:number/reviews', 'pull_requests:read', list),
  onRepository('POST', '/pulls/:number/reviews', 'pull_requests:write', create, 'read'),
  onRepository('GET', '/pulls/:number/reviews/:id', 'pull_requests:read', get),
  onRepository('PUT', '/pulls/:number/reviews/:id', 'pull_requests:write', update, 'read'),
  onRepository('DELETE', '/pulls/:number/reviews/:id', 'pull_requests:write', remove, 'read'),
  onRepository('GET', '/pulls/:number/reviews/:id/comments', 'pull_requests:read', comments),
  onRepository('POST', '/pulls/:number/reviews/:id/events', 'pull_requests:write', submit, 'read'),
  onRepository('PUT', '/pulls/:number/reviews/:id/dismissals', 'pull_requests:write', dismiss),
];

function find(call: RepositoryCall): { issue: PullRequest; review: Review } {
  const issue = findPull(call.repository, call.params.number);
  const review = issue.pull.reviews.find(({ id }) => id === Number(call.params.id));
  if (!review) throw notFound();
  return { issue, review };
}

function shape(call: RepositoryCall, issue: PullRequest, review: Review) {
  return shapeReview(call.world, call.repository, issue, review);
}

function list(call: RepositoryCall): Answer {
  const issue = findPull(call.repository, call.params.number);
  return paged(call, issue.pull.reviews, review => shape(call, issue, review));
}

function get(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  return ok(shape(call, issue, review));
}

const event = z.enum(['APPROVE', 'REQUEST_CHANGES', 'COMMENT']);
const newReview = z.object({
  commit_id: z.string().optional(),
  body: z.string().optional(),
  event: event.optional(),
  comments: z
    .array(
      z.object({
        path: z.string(),
        body: z.string(),
        line: z.number().int().optional(),
        side: z.enum(['LEFT', 'RIGHT']).optional(),
      }),
    )
    .optional(),
});

async function create(call: RepositoryCall): Promise<Answer> {
  const issue = findPull(call.repository, call.params.number);
  const { commit_id: commit, ...input } = parse(newReview, call.body);
  return ok(shape(call, issue, await createReview(call, issue, { ...input, commit })));
}

function update(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  if (review.user.id !== call.actor.user.id)
    throw new GitHubError(422, 'Can not update a review of somebody else');
  review.body = parse(z.object({ body: z.string() }), call.body).body;
  return ok(shape(call, issue, review));
}

function remove(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  if (review.state !== 'PENDING')
    throw new GitHubError(422, 'Can not delete a non-pending pull request review');
  issue.pull.reviews = issue.pull.reviews.filter(other => other !== review);
  return ok(shape(call, issue, review));
}

function comments(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  const mine = issue.pull.reviewComments.filter(({ reviewId }) => reviewId === review.id);
  return paged(call, mine, comment => shapeReviewComment(call.world, call.repository, issue, comment));
}

function submit(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  const input = parse(z.object({ event, body: z.string().optional() }), call.body);
  submitReview(call, issue, review, input.event, input.body);
  return ok(shape(call, issue, review));
}

function dismiss(call: RepositoryCall): Answer {
  const { issue, review } = find(call);
  parse(z.object({ message: z.string() }), call.body);
  dismissReview(call, issue, review);
  return ok(shape(call, issue, review));
}

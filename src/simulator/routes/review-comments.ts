import { z } from 'zod';
import {
  addReviewComment,
  deleteReviewComment,
  editReviewComment,
  replyToReviewComment,
} from '../action/reviews.ts';
import { notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  created,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { PullRequest, ReviewComment } from '../model.ts';
import { shapeReviewComment } from '../shape/pull.ts';
import { findPull, isPull } from '../world.ts';

export const reviewCommentRoutes: readonly Route[] = [
  onRepository('GET', '/pulls/comments', 'pull_requests:read', listAll),
  onRepository('GET', '/pulls/comments/:id', 'pull_requests:read', call => ok(shape(call, find(call)))),
  onRepository('PATCH', '/pulls/comments/:id', 'pull_requests:write', update, 'read'),
  onRepository('DELETE', '/pulls/comments/:id', 'pull_requests:write', remove, 'read'),
  onRepository('GET', '/pulls/:number/comments', 'pull_requests:read', list),
  onRepository('POST', '/pulls/:number/comments', 'pull_requests:write', create, 'read'),
  onRepository('POST', '/pulls/:number/comments/:id/replies', 'pull_requests:write', reply, 'read'),
];

type Found = { issue: PullRequest; comment: ReviewComment };

function everything(call: RepositoryCall): Found[] {
  const pulls = [...call.repository.issues.values()].filter(isPull);
  return pulls.flatMap(issue => issue.pull.reviewComments.map(comment => ({ issue, comment })));
}

function find(call: RepositoryCall): Found {
  const found = everything(call).find(({ comment }) => comment.id === Number(call.params.id));
  if (!found) throw notFound();
  return found;
}

export function one(call: RepositoryCall): ReviewComment {
  return find(call).comment;
}

function shape(call: RepositoryCall, { issue, comment }: Found) {
  return shapeReviewComment(call.world, call.repository, issue, comment);
}

function listAll(call: RepositoryCall): Answer {
  return paged(call, everything(call), found => shape(call, found));
}

function list(call: RepositoryCall): Answer {
  const issue = findPull(call.repository, call.params.number);
  return paged(call, issue.pull.reviewComments, comment => shape(call, { issue, comment }));
}

const newComment = z.object({
  body: z.string(),
  commit_id: z.string(),
  path: z.string(),
  line: z.number().int().optional(),
  side: z.enum(['LEFT', 'RIGHT']).default('RIGHT'),
});

async function create(call: RepositoryCall): Promise<Answer> {
  const issue = findPull(call.repository, call.params.number);
  const { commit_id: commit, ...input } = parse(newComment, call.body);
  return created(shape(call, { issue, comment: await addReviewComment(call, issue, { ...input, commit }) }));
}

const body = z.object({ body: z.string() });

async function reply(call: RepositoryCall): Promise<Answer> {
  const issue = findPull(call.repository, call.params.number);
  const above = issue.pull.reviewComments.find(({ id }) => id === Number(call.params.id));
  if (!above) throw notFound();
  const comment = await replyToReviewComment(call, issue, above, parse(body, call.body).body);
  return created(shape(call, { issue, comment }));
}

function update(call: RepositoryCall): Answer {
  const found = find(call);
  editReviewComment(call, found.issue, found.comment, parse(body, call.body).body);
  return ok(shape(call, found));
}

function remove(call: RepositoryCall): Answer {
  const { issue, comment } = find(call);
  deleteReviewComment(call, issue, comment);
  return NO_CONTENT;
}

import { z } from 'zod';
import { createComment, deleteComment, editComment, findComment } from '../action/comments.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  created,
  type Need,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { Comment } from '../model.ts';
import { shapeComment } from '../shape/issue.ts';
import { findIssue } from '../world.ts';
import { permitted, subject } from './issues.ts';

const READ: readonly Need[] = ['issues:read', 'pull_requests:read'];
const WRITE: readonly Need[] = ['issues:write', 'pull_requests:write'];

export const commentRoutes: readonly Route[] = [
  onRepository('GET', '/issues/comments', READ, listAll),
  onRepository('GET', '/issues/comments/:id', READ, call => ok(shape(call, one(call)))),
  onRepository('PATCH', '/issues/comments/:id', WRITE, update, 'read'),
  onRepository('DELETE', '/issues/comments/:id', WRITE, remove, 'read'),
  onRepository('GET', '/issues/:number/comments', READ, list),
  onRepository('POST', '/issues/:number/comments', WRITE, create, 'read'),
];

/** The comment a path names, if the token may touch what it stands under. */
export function one(call: RepositoryCall): Comment {
  const comment = findComment(call, call.params.id);
  permitted(call, findIssue(call.repository, comment.issueNumber));
  return comment;
}

function shape(call: RepositoryCall, comment: Comment) {
  return shapeComment(call.world, call.repository, comment);
}

function listAll(call: RepositoryCall): Answer {
  return paged(call, since(call, [...call.repository.comments.values()]), comment => shape(call, comment));
}

function list(call: RepositoryCall): Answer {
  const { number } = subject(call);
  const comments = [...call.repository.comments.values()].filter(({ issueNumber }) => issueNumber === number);
  return paged(call, since(call, comments), comment => shape(call, comment));
}

function since(call: RepositoryCall, comments: readonly Comment[]): Comment[] {
  const start = call.query.since ? Date.parse(call.query.since) : 0;
  return comments.filter(({ updatedAt }) => updatedAt >= start);
}

const body = z.object({ body: z.string() });

function create(call: RepositoryCall): Answer {
  return created(shape(call, createComment(call, subject(call), parse(body, call.body).body)));
}

function update(call: RepositoryCall): Answer {
  const comment = one(call);
  editComment(call, comment, parse(body, call.body).body);
  return ok(shape(call, comment));
}

function remove(call: RepositoryCall): Answer {
  deleteComment(call, one(call));
  return NO_CONTENT;
}

import { z } from 'zod';
import {
  assign,
  createIssue,
  editIssue,
  isAssignable,
  setLabels,
  setLocked,
  unassign,
} from '../action/issues.ts';
import { changeState } from '../action/pulls.ts';
import { allows } from '../http/access.ts';
import { notAccessible, notFound } from '../http/errors.ts';
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
import type { Issue } from '../model.ts';
import { shapeIssue } from '../shape/issue.ts';
import { shapeUser } from '../shape/user.ts';
import { findIssue, hasRole } from '../world.ts';

const READ: readonly Need[] = ['issues:read', 'pull_requests:read'];
const WRITE: readonly Need[] = ['issues:write', 'pull_requests:write'];

export const issueRoutes: readonly Route[] = [
  onRepository('GET', '/issues', 'issues:read', list),
  onRepository('POST', '/issues', 'issues:write', create, 'read'),
  onRepository('GET', '/issues/:number', READ, call => ok(shape(call, subject(call)))),
  onRepository('PATCH', '/issues/:number', WRITE, update, 'read'),
  onRepository('PUT', '/issues/:number/lock', WRITE, lock),
  onRepository('DELETE', '/issues/:number/lock', WRITE, unlock),
  onRepository('GET', '/assignees', 'metadata:read', listAssignable),
  onRepository('GET', '/assignees/:login', 'metadata:read', checkAssignable),
  onRepository('POST', '/issues/:number/assignees', WRITE, addAssignees),
  onRepository('DELETE', '/issues/:number/assignees', WRITE, removeAssignees),
];

/**
 * The issue or pull request a path names. Where a route takes either permission, that on pull requests
 * is good for pull requests only.
 */
export function subject(call: RepositoryCall): Issue {
  return permitted(call, findIssue(call.repository, call.params.number));
}

export function permitted(call: RepositoryCall, issue: Issue): Issue {
  const { permissions } = call.actor;
  if (permissions === null || issue.pull) return issue;
  if (call.method === 'GET' && !call.repository.private) return issue;
  if (!allows(permissions, call.method === 'GET' ? 'issues:read' : 'issues:write')) throw notAccessible();
  return issue;
}

function shape(call: RepositoryCall, issue: Issue) {
  return shapeIssue(call.world, call.repository, issue);
}

function list(call: RepositoryCall): Answer {
  const { state = 'open', labels, creator, assignee, since, direction } = call.query;
  const wanted = labels?.split(',').map(name => name.trim().toLowerCase()) ?? [];
  const found = [...call.repository.issues.values()].filter(
    issue =>
      (state === 'all' || issue.state === state) &&
      wanted.every(name => issue.labels.some(label => label.name.toLowerCase() === name)) &&
      (!creator || issue.user.login === creator) &&
      (!assignee || issue.assignees.some(({ login }) => login === assignee)) &&
      (!since || issue.updatedAt >= Date.parse(since)),
  );
  const order = direction === 'asc' ? found : found.reverse();
  return paged(call, order, issue => shape(call, issue));
}

const labelNames = z.array(
  z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]),
);
const title = z.union([z.string().min(1), z.number().transform(String)]);

const newIssue = z.object({
  title,
  body: z.string().nullish(),
  labels: labelNames.optional(),
  assignees: z.array(z.string()).optional(),
});

function create(call: RepositoryCall): Answer {
  return created(shape(call, createIssue(call, parse(newIssue, call.body))));
}

const issueChange = z.object({
  title: title.optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'reopened', 'duplicate']).nullish(),
  labels: labelNames.optional(),
  assignees: z.array(z.string()).optional(),
});

async function update(call: RepositoryCall): Promise<Answer> {
  const issue = subject(call);
  const input = parse(issueChange, call.body);
  const mine = issue.user.id === call.actor.user.id;
  if (!mine && call.actor.permissions === null && !hasRole(call.repository, call.actor.user, 'triage'))
    throw notFound();
  editIssue(call, issue, input);
  if (input.labels) setLabels(call, issue, input.labels);
  if (input.assignees) {
    unassign(
      call,
      issue,
      issue.assignees.map(({ login }) => login).filter(login => !input.assignees?.includes(login)),
    );
    assign(call, issue, input.assignees);
  }
  if (input.state) await changeState(call, issue, input.state, input.state_reason);
  return ok(shape(call, issue));
}

function lock(call: RepositoryCall): Answer {
  const { lock_reason } = parse(z.object({ lock_reason: z.string().nullish() }), call.body);
  setLocked(call, subject(call), true, lock_reason ?? null);
  return NO_CONTENT;
}

function unlock(call: RepositoryCall): Answer {
  setLocked(call, subject(call), false);
  return NO_CONTENT;
}

function listAssignable(call: RepositoryCall): Answer {
  const users = [...call.world.users.values()].filter(user => isAssignable(call.repository, user));
  return paged(call, users, user => shapeUser(call.world, user));
}

function checkAssignable(call: RepositoryCall): Answer {
  const user = call.world.users.get(call.params.login?.toLowerCase() ?? '');
  if (!user || !isAssignable(call.repository, user)) throw notFound();
  return NO_CONTENT;
}

const assignees = z.object({ assignees: z.array(z.string()).default([]) });

function addAssignees(call: RepositoryCall): Answer {
  const issue = subject(call);
  assign(call, issue, parse(assignees, call.body).assignees);
  return created(shape(call, issue));
}

function removeAssignees(call: RepositoryCall): Answer {
  const issue = subject(call);
  unassign(call, issue, parse(assignees, call.body).assignees);
  return ok(shape(call, issue));
}

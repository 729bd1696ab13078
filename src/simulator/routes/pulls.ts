import { z } from 'zod';
import { editIssue } from '../action/issues.ts';
import { mergePull } from '../action/merge.ts';
import {
  changeBase,
  changeState,
  createPull,
  requestReviewers,
  unrequestReviewers,
} from '../action/pulls.ts';
import { diffFiles } from '../git/diff.ts';
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
import type { PullRequest } from '../model.ts';
import { shapeCommit, shapeFile } from '../shape/git.ts';
import { labelOf, shapePull, shapePullSimple } from '../shape/pull.ts';
import { shapeUser } from '../shape/user.ts';
import { findPull, isPull } from '../world.ts';

export const pullRoutes: readonly Route[] = [
  onRepository('GET', '/pulls', 'pull_requests:read', list),
  onRepository('POST', '/pulls', 'pull_requests:write', create),
  onRepository('GET', '/pulls/:number', 'pull_requests:read', get),
  onRepository('PATCH', '/pulls/:number', 'pull_requests:write', update),
  onRepository('GET', '/pulls/:number/commits', 'pull_requests:read', commits),
  onRepository('GET', '/pulls/:number/files', 'pull_requests:read', files),
  onRepository('GET', '/pulls/:number/merge', 'contents:read', isMerged),
  onRepository('PUT', '/pulls/:number/merge', 'contents:write', merge),
  onRepository('GET', '/pulls/:number/requested_reviewers', 'pull_requests:read', reviewers),
  onRepository('POST', '/pulls/:number/requested_reviewers', 'pull_requests:write', addReviewers),
  onRepository('DELETE', '/pulls/:number/requested_reviewers', 'pull_requests:write', removeReviewers),
];

function one(call: RepositoryCall): PullRequest {
  return findPull(call.repository, call.params.number);
}

function shape(call: RepositoryCall, issue: PullRequest) {
  return shapePull(call.world, call.repository, issue);
}

function list(call: RepositoryCall): Answer {
  const { state = 'open', head, base, sort = 'created', direction } = call.query;
  const found = [...call.repository.issues.values()].filter(isPull).filter(
    issue =>
      (state === 'all' || issue.state === state) &&
      (!base || issue.pull.base.ref === base) &&
      // A head without its owner filters nothing on GitHub.
      (!head?.includes(':') || labelOf(call.repository, issue.pull.head) === head),
  );
  const when = (issue: PullRequest) => (sort === 'updated' ? issue.updatedAt : issue.number);
  const ascending = (direction ?? (sort === 'created' ? 'desc' : 'asc')) === 'asc';
  found.sort((one, other) => (ascending ? when(one) - when(other) : when(other) - when(one)));
  return paged(call, found, issue => shapePullSimple(call.world, call.repository, issue));
}

const newPull = z.object({
  title: z.string().min(1),
  head: z.string(),
  base: z.string(),
  body: z.string().nullish(),
  draft: z.boolean().optional(),
  maintainer_can_modify: z.boolean().optional(),
});

async function create(call: RepositoryCall): Promise<Answer> {
  const { maintainer_can_modify: maintainerCanModify, ...input } = parse(newPull, call.body);
  return created(shape(call, await createPull(call, { ...input, maintainerCanModify })));
}

async function get(call: RepositoryCall): Promise<Answer> {
  const issue = one(call);
  if (!call.accept.includes('diff')) return ok(shape(call, issue));
  const { head, base } = issue.pull;
  return { status: 200, text: await call.repository.git.run(['diff', `${base.sha}...${head.sha}`]) };
}

const pullChange = z.object({
  title: z.string().min(1).optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
  maintainer_can_modify: z.boolean().optional(),
});

async function update(call: RepositoryCall): Promise<Answer> {
  const issue = one(call);
  const input = parse(pullChange, call.body);
  editIssue(call, issue, input);
  if (input.base) await changeBase(call, issue, input.base);
  if (input.state) await changeState(call, issue, input.state);
  return ok(shape(call, issue));
}

async function commits(call: RepositoryCall): Promise<Answer> {
  const { head, base } = one(call).pull;
  const found = await call.repository.git.commits([head.sha, `^${base.sha}`], ['--reverse']);
  return paged(call, found, commit => shapeCommit(call.world, call.repository, commit));
}

async function files(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const { head, base } = one(call).pull;
  const fork = (await git.mergeBase(base.sha, head.sha)) ?? base.sha;
  return paged(call, await diffFiles(git, fork, head.sha), file =>
    shapeFile(call.world, call.repository, head.sha, file),
  );
}

function isMerged(call: RepositoryCall): Answer {
  if (!one(call).pull.merged) throw notFound();
  return NO_CONTENT;
}

const mergeRequest = z.object({
  merge_method: z.enum(['merge', 'squash', 'rebase']).optional(),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
  sha: z.string().optional(),
});

async function merge(call: RepositoryCall): Promise<Answer> {
  const {
    merge_method: method,
    commit_title: title,
    commit_message: message,
    sha,
  } = parse(mergeRequest, call.body);
  const merged = await mergePull(call, one(call), { method, title, message, sha });
  return ok({ sha: merged, merged: true, message: 'Pull Request successfully merged' });
}

function reviewers(call: RepositoryCall): Answer {
  return ok({ users: one(call).pull.requestedReviewers.map(user => shapeUser(call.world, user)), teams: [] });
}

const asked = z.object({
  reviewers: z.array(z.string()).default([]),
  team_reviewers: z.array(z.string()).default([]),
});

function addReviewers(call: RepositoryCall): Answer {
  const issue = one(call);
  const { reviewers, team_reviewers } = parse(asked, call.body);
  requestReviewers(call, issue, [...reviewers, ...team_reviewers]);
  return created(shapePullSimple(call.world, call.repository, issue));
}

function removeReviewers(call: RepositoryCall): Answer {
  const issue = one(call);
  unrequestReviewers(call, issue, parse(asked, call.body).reviewers);
  return ok(shapePullSimple(call.world, call.repository, issue));
}

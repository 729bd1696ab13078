import type { PullRequest, Repository, Review, ReviewComment } from '../model.ts';
import { fullName, type World } from '../world.ts';
import { type Json, nodeId, time, timeOrNull } from './common.ts';
import { association, shapeLabel, shapeReactions } from './issue.ts';
import { apiUrl, htmlUrl, shapeRepository } from './repository.ts';
import { shapeUser, shapeUserOrNull } from './user.ts';

/** GitHub's `pull-request-simple`: how a pull request looks in lists. */
export function shapePullSimple(world: World, repository: Repository, issue: PullRequest): Json {
  const { pull } = issue;
  return {
    ...pullLinks(world, repository, issue),
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: shapeUser(world, issue.user),
    body: issue.body,
    created_at: time(issue.createdAt),
    updated_at: time(issue.updatedAt),
    closed_at: timeOrNull(issue.closedAt),
    merged_at: timeOrNull(pull.merged?.at ?? null),
    merge_commit_sha: pull.merged?.sha ?? null,
    assignee: shapeUserOrNull(world, issue.assignees[0] ?? null),
    assignees: issue.assignees.map(user => shapeUser(world, user)),
    requested_reviewers: pull.requestedReviewers.map(user => shapeUser(world, user)),
    requested_teams: [],
    labels: issue.labels.map(label => shapeLabel(world, repository, label)),
    milestone: null,
    draft: pull.draft,
    head: shapeSide(world, pull.head.fork ?? repository, pull.head),
    base: shapeSide(world, repository, pull.base),
    author_association: association(world, repository, issue.user),
    auto_merge: null,
    active_lock_reason: issue.lockReason,
  };
}

/** GitHub's `pull-request`, with sizes and whether it can be merged. */
export function shapePull(world: World, repository: Repository, issue: PullRequest): Json {
  const { size, merged } = issue.pull;
  return {
    ...shapePullSimple(world, repository, issue),
    merged: merged !== null,
    mergeable: merged ? null : size.mergeable,
    rebaseable: merged ? null : size.mergeable,
    mergeable_state: merged ? 'unknown' : size.mergeable ? 'clean' : 'dirty',
    merged_by: shapeUserOrNull(world, merged?.by ?? null),
    comments: [...repository.comments.values()].filter(({ issueNumber }) => issueNumber === issue.number)
      .length,
    review_comments: issue.pull.reviewComments.length,
    maintainer_can_modify: issue.pull.maintainerCanModify,
    commits: size.commits,
    additions: size.additions,
    deletions: size.deletions,
    changed_files: size.files,
  };
}

export function pullUrl(world: World, repository: Repository, number: number): string {
  return `${apiUrl(world, repository)}/pulls/${number}`;
}

function pullLinks(world: World, repository: Repository, issue: PullRequest): Json {
  const url = pullUrl(world, repository, issue.number);
  const page = `${htmlUrl(world, repository)}/pull/${issue.number}`;
  const issueUrl = `${apiUrl(world, repository)}/issues/${issue.number}`;
  const links = {
    html_url: page,
    issue_url: issueUrl,
    comments_url: `${issueUrl}/comments`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${apiUrl(world, repository)}/pulls/comments{/number}`,
    commits_url: `${url}/commits`,
    statuses_url: `${apiUrl(world, repository)}/statuses/${issue.pull.head.sha}`,
  };
  const hrefs = {
    self: url,
    html: page,
    issue: issueUrl,
    comments: links.comments_url,
    review_comments: links.review_comments_url,
    review_comment: links.review_comment_url,
    commits: links.commits_url,
    statuses: links.statuses_url,
  };
  const _links = Object.fromEntries(Object.entries(hrefs).map(([name, href]) => [name, { href }]));
  return { url, ...links, diff_url: `${page}.diff`, patch_url: `${page}.patch`, _links };
}

/** `owner:branch`. */
export function labelOf(repository: Repository, { fork, ref }: PullRequest['pull']['head']): string {
  return `${(fork ?? repository).owner.login}:${ref}`;
}

function shapeSide(world: World, repository: Repository, side: { ref: string; sha: string }): Json {
  const owner = shapeUser(world, repository.owner);
  const repo = {
    ...shapeRepository(world, repository),
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
    allow_update_branch: false,
  };
  return { label: `${repository.owner.login}:${side.ref}`, ref: side.ref, sha: side.sha, user: owner, repo };
}

export function shapeReview(world: World, repository: Repository, issue: PullRequest, review: Review): Json {
  const page = `${htmlUrl(world, repository)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  const pull = pullUrl(world, repository, issue.number);
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: shapeUser(world, review.user),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    author_association: association(world, repository, review.user),
    _links: { html: { href: page }, pull_request: { href: pull } },
    submitted_at: time(review.submittedAt),
    commit_id: review.commit,
  };
}

export function shapeReviewComment(
  world: World,
  repository: Repository,
  issue: PullRequest,
  comment: ReviewComment,
): Json {
  const url = `${world.url}/api/v3/repos/${fullName(repository)}/pulls/comments/${comment.id}`;
  const page = `${htmlUrl(world, repository)}/pull/${issue.number}#discussion_r${comment.id}`;
  const pull = pullUrl(world, repository, issue.number);
  return {
    url,
    id: comment.id,
    node_id: nodeId('PullRequestReviewComment', comment.id),
    pull_request_review_id: comment.reviewId,
    diff_hunk: comment.diffHunk,
    path: comment.path,
    position: comment.line,
    original_position: comment.originalLine ?? 1,
    commit_id: comment.commit,
    original_commit_id: comment.commit,
    ...(comment.inReplyTo !== null && { in_reply_to_id: comment.inReplyTo }),
    user: shapeUser(world, comment.user),
    body: comment.body,
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    html_url: page,
    pull_request_url: pull,
    author_association: association(world, repository, comment.user),
    _links: { self: { href: url }, html: { href: page }, pull_request: { href: pull } },
    start_line: null,
    original_start_line: null,
    start_side: null,
    line: comment.line,
    original_line: comment.originalLine,
    side: comment.side,
    subject_type: comment.originalLine === null ? 'file' : 'line',
    reactions: shapeReactions(`${url}/reactions`, comment.reactions),
  };
}

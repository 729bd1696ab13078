import type { Comment, Issue, Label, Reaction, Repository, User } from '../model.ts';
import { isMember, type World } from '../world.ts';
import { viaApp } from './app.ts';
import { type Json, nodeId, time, timeOrNull } from './common.ts';
import { apiUrl, htmlUrl } from './repository.ts';
import { shapeUser, shapeUserOrNull } from './user.ts';

/** GitHub's `issue`, also of a pull request. */
export function shapeIssue(world: World, repository: Repository, issue: Issue): Json {
  const url = `${apiUrl(world, repository)}/issues/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: apiUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: issueUrl(world, repository, issue),
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: shapeUser(world, issue.user),
    labels: issue.labels.map(label => shapeLabel(world, repository, label)),
    assignee: shapeUserOrNull(world, issue.assignees[0] ?? null),
    assignees: issue.assignees.map(user => shapeUser(world, user)),
    milestone: null,
    locked: issue.locked,
    active_lock_reason: issue.lockReason,
    comments: [...repository.comments.values()].filter(({ issueNumber }) => issueNumber === issue.number)
      .length,
    ...(issue.pull && { draft: issue.pull.draft, pull_request: pullLinks(world, repository, issue) }),
    closed_at: timeOrNull(issue.closedAt),
    closed_by: shapeUserOrNull(world, issue.closedBy),
    created_at: time(issue.createdAt),
    updated_at: time(issue.updatedAt),
    author_association: association(world, repository, issue.user),
    reactions: shapeReactions(`${url}/reactions`, issue.reactions),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: viaApp(world, issue),
  };
}

function issueUrl(world: World, repository: Repository, issue: Issue): string {
  return `${htmlUrl(world, repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
}

function pullLinks(world: World, repository: Repository, issue: Issue): Json {
  const page = issueUrl(world, repository, issue);
  return {
    url: `${apiUrl(world, repository)}/pulls/${issue.number}`,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    merged_at: timeOrNull(issue.pull?.merged?.at ?? null),
  };
}

export function shapeComment(world: World, repository: Repository, comment: Comment): Json {
  const url = `${apiUrl(world, repository)}/issues/comments/${comment.id}`;
  const issue = repository.issues.get(comment.issueNumber);
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url,
    html_url: `${issue ? issueUrl(world, repository, issue) : ''}#issuecomment-${comment.id}`,
    issue_url: `${apiUrl(world, repository)}/issues/${comment.issueNumber}`,
    user: shapeUser(world, comment.user),
    body: comment.body,
    created_at: time(comment.createdAt),
    updated_at: time(comment.updatedAt),
    author_association: association(world, repository, comment.user),
    reactions: shapeReactions(`${url}/reactions`, comment.reactions),
    performed_via_github_app: viaApp(world, comment),
  };
}

export function shapeLabel(world: World, repository: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${apiUrl(world, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

export function shapeReaction(world: World, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: nodeId('Reaction', reaction.id),
    user: shapeUser(world, reaction.user),
    content: reaction.content,
    created_at: time(reaction.createdAt),
  };
}

export const REACTIONS = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const;

/** How often each reaction was given. */
export function shapeReactions(url: string, reactions: readonly Reaction[]): Json {
  const count = (content: string) => reactions.filter(reaction => reaction.content === content).length;
  return {
    url,
    total_count: reactions.length,
    ...Object.fromEntries(REACTIONS.map(name => [name, count(name)])),
  };
}

export function association(world: World, repository: Repository, user: User): string {
  if (repository.owner.id === user.id) return 'OWNER';
  if (isMember(world, repository, user)) return 'MEMBER';
  return repository.collaborators.has(user.id) ? 'COLLABORATOR' : 'NONE';
}

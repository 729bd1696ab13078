import type { Actor, Repository } from '../model.ts';
import { fullName, hasRole, type World } from '../world.ts';
import { type Json, nodeId, time } from './common.ts';
import { shapeUser } from './user.ts';

/** URLs of a repository's parts, by the name of their field. */
const PARTS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export function apiUrl(world: World, repository: Repository): string {
  return `${world.url}/api/v3/repos/${fullName(repository)}`;
}

export function htmlUrl(world: World, repository: Repository): string {
  return `${world.url}/${fullName(repository)}`;
}

/** GitHub's `repository`; with an actor also what that one may do there. */
export function shapeRepository(world: World, repository: Repository, actor?: Actor): Json {
  const url = apiUrl(world, repository);
  const open = [...repository.issues.values()].filter(issue => issue.state === 'open').length;
  const parts = Object.fromEntries(Object.entries(PARTS).map(([field, path]) => [field, url + path]));
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    owner: shapeUser(world, repository.owner),
    html_url: htmlUrl(world, repository),
    description: repository.description,
    fork: repository.parent !== null,
    url,
    ...parts,
    created_at: time(repository.createdAt),
    updated_at: time(repository.updatedAt),
    pushed_at: time(repository.pushedAt),
    ...addresses(world, repository),
    ...features(repository),
    open_issues_count: open,
    open_issues: open,
    default_branch: repository.defaultBranch,
    ...(actor && { permissions: permissionsOf(repository, actor) }),
  };
}

function addresses(world: World, repository: Repository): Json {
  const clone = `${htmlUrl(world, repository)}.git`;
  const host = new URL(world.url).host;
  return {
    git_url: `git://${host}/${fullName(repository)}.git`,
    ssh_url: `git@${host}:${fullName(repository)}.git`,
    clone_url: clone,
    svn_url: htmlUrl(world, repository),
    mirror_url: null,
  };
}

function features(repository: Repository): Json {
  return {
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    archived: repository.archived,
    disabled: false,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    forks: 0,
    watchers: 0,
  };
}

/** GitHub's `full-repository` adds what only the repository's own address tells. */
export function shapeFullRepository(world: World, repository: Repository, actor: Actor): Json {
  return { ...shapeRepository(world, repository, actor), network_count: 0, subscribers_count: 0 };
}

function permissionsOf(repository: Repository, actor: Actor): Json {
  if (actor.permissions) {
    const contents = actor.permissions.contents;
    return {
      admin: false,
      maintain: false,
      push: contents === 'write',
      triage: false,
      pull: contents !== undefined,
    };
  }
  const is = (role: 'admin' | 'maintain' | 'write' | 'triage' | 'read') =>
    hasRole(repository, actor.user, role);
  return {
    admin: is('admin'),
    maintain: is('maintain'),
    push: is('write'),
    triage: is('triage'),
    pull: is('read'),
  };
}

import type { FileDiff } from '../git/diff.ts';
import type { Commit, Person, TreeEntry } from '../git/repository.ts';
import type { Repository, User } from '../model.ts';
import type { World } from '../world.ts';
import { type Json, nodeId, time } from './common.ts';
import { apiUrl, htmlUrl } from './repository.ts';
import { shapeUserOrNull } from './user.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

/** GitHub's `git-commit`, the bare one. */
export function shapeGitCommit(world: World, repository: Repository, commit: Commit): Json {
  const url = `${apiUrl(world, repository)}/git`;
  const page = `${htmlUrl(world, repository)}/commit`;
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url: `${url}/commits/${commit.sha}`,
    html_url: `${page}/${commit.sha}`,
    author: shapePerson(commit.author),
    committer: shapePerson(commit.committer),
    tree: { sha: commit.tree, url: `${url}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map(sha => ({ sha, url: `${url}/commits/${sha}`, html_url: `${page}/${sha}` })),
    verification: UNSIGNED,
  };
}

function shapePerson({ name, email, date }: Person): Json {
  return { name, email, date: time(date) };
}

/** GitHub's `commit`, with the accounts that author and committer have, if any. */
export function shapeCommit(
  world: World,
  repository: Repository,
  commit: Commit,
  files?: readonly FileDiff[],
): Json {
  const url = `${apiUrl(world, repository)}/commits`;
  const { sha, node_id, html_url, parents, ...git } = shapeGitCommit(world, repository, commit);
  return {
    sha,
    node_id,
    commit: { ...git, comment_count: 0 },
    url: `${url}/${commit.sha}`,
    html_url,
    comments_url: `${url}/${commit.sha}/comments`,
    author: shapeUserOrNull(world, accountOf(world, commit.author)),
    committer: shapeUserOrNull(world, accountOf(world, commit.committer)),
    parents: (parents as Json[]).map(parent => ({ ...parent, url: `${url}/${parent.sha}` })),
    ...(files && {
      stats: sum(files),
      files: files.map(file => shapeFile(world, repository, commit.sha, file)),
    }),
  };
}

/** Commits belong to an account by GitHub's own address: `ID+LOGIN@users.noreply.github.com`. */
function accountOf(world: World, { email }: Person): User | null {
  const id = Number(/^(\d+)\+.*@users\.noreply\.github\.com$/.exec(email)?.[1]);
  return [...world.users.values()].find(user => user.id === id) ?? null;
}

function sum(files: readonly FileDiff[]): Json {
  const additions = files.reduce((total, file) => total + file.additions, 0);
  const deletions = files.reduce((total, file) => total + file.deletions, 0);
  return { additions, deletions, total: additions + deletions };
}

/** GitHub's `diff-entry`. */
export function shapeFile(world: World, repository: Repository, head: string, file: FileDiff): Json {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const page = htmlUrl(world, repository);
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${head}/${path}`,
    raw_url: `${page}/raw/${head}/${path}`,
    contents_url: `${apiUrl(world, repository)}/contents/${path}?ref=${head}`,
    ...(file.patch !== null && { patch: file.patch }),
    ...(file.previousPath !== null && { previous_filename: file.previousPath }),
  };
}

export function shapeRef(world: World, repository: Repository, ref: string, sha: string): Json {
  const url = `${apiUrl(world, repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}:${ref}`),
    url: `${url}/${ref}`,
    object: { sha, type: 'commit', url: `${url}/commits/${sha}` },
  };
}

/** One line of GitHub's `git-tree`. */
export function shapeTreeEntry(world: World, repository: Repository, entry: TreeEntry): Json {
  const { path, mode, type, sha, size } = entry;
  const kind = type === 'tree' ? 'trees' : 'blobs';
  const url = `${apiUrl(world, repository)}/git/${kind}/${sha}`;
  return { path, mode, type, sha, ...(size !== null && { size }), ...(type !== 'commit' && { url }) };
}

/** What all kinds of contents have: a file, a folder, one line of a folder's list. */
export function shapeEntry(world: World, repository: Repository, entry: TreeEntry, ref: string): Json {
  const type = entry.type === 'tree' ? 'dir' : entry.type === 'commit' ? 'submodule' : 'file';
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const url = `${apiUrl(world, repository)}/contents/${path}?ref=${ref}`;
  const kind = type === 'dir' ? 'tree' : 'blob';
  const gitUrl = `${apiUrl(world, repository)}/git/${kind}s/${entry.sha}`;
  const page = `${htmlUrl(world, repository)}/${kind}/${ref}/${path}`;
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url: type === 'file' ? `${htmlUrl(world, repository)}/raw/${ref}/${path}` : null,
    type,
    _links: { self: url, git: gitUrl, html: page },
  };
}

import { diffFiles } from '../git/diff.ts';
import type { Commit } from '../git/repository.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import { type Answer, ok, onRepository, type RepositoryCall, type Route } from '../http/route.ts';
import { shapeCommit, shapeFile } from '../shape/git.ts';
import { shapePullSimple } from '../shape/pull.ts';
import { apiUrl, htmlUrl } from '../shape/repository.ts';
import { isPull } from '../world.ts';

export const commitRoutes: readonly Route[] = [
  onRepository('GET', '/branches', 'contents:read', listBranches),
  onRepository('GET', '/branches/:branch', 'contents:read', getBranch),
  onRepository('GET', '/commits', 'contents:read', list),
  onRepository('GET', '/commits/:ref', 'contents:read', get),
  onRepository('GET', '/commits/:ref/pulls', ['pull_requests:read', 'contents:read'], pulls),
  onRepository('GET', '/compare/:range', 'contents:read', compare),
];

/** An empty tree, from which a first commit differs. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

async function listBranches(call: RepositoryCall): Promise<Answer> {
  const branches = [...(await call.repository.git.refs('refs/heads/'))].map(([ref, sha]) => ({
    name: ref.slice(11),
    sha,
  }));
  const isProtected = (name: string) => call.repository.protectedBranches.has(name);
  const wanted = branches.filter(({ name }) => (call.query.protected === 'true' ? isProtected(name) : true));
  return paged(call, wanted, ({ name, sha }) => ({
    name,
    commit: { sha, url: `${apiUrl(call.world, call.repository)}/commits/${sha}` },
    protected: isProtected(name),
  }));
}

async function getBranch(call: RepositoryCall): Promise<Answer> {
  const { git, protectedBranches } = call.repository;
  const name = call.params.branch ?? '';
  const sha = (await git.refs(`refs/heads/${name}`)).get(`refs/heads/${name}`);
  if (!sha) throw new GitHubError(404, 'Branch not found');
  const url = `${apiUrl(call.world, call.repository)}/branches/${encodeURIComponent(name)}`;
  const isProtected = protectedBranches.has(name);
  const checks = { enforcement_level: isProtected ? 'everyone' : 'off', contexts: [], checks: [] };
  return ok({
    name,
    commit: shape(call, await git.commit(sha)),
    _links: { self: url, html: `${htmlUrl(call.world, call.repository)}/tree/${name}` },
    protected: isProtected,
    protection: { enabled: isProtected, required_status_checks: checks },
    protection_url: `${url}/protection`,
  });
}

function shape(call: RepositoryCall, commit: Commit) {
  return shapeCommit(call.world, call.repository, commit);
}

async function list(call: RepositoryCall): Promise<Answer> {
  const { git, defaultBranch } = call.repository;
  if ((await git.refs()).size === 0) throw new GitHubError(409, 'Git Repository is empty.');
  const sha = await git.resolve(call.query.sha ?? defaultBranch);
  if (!sha) throw notFound();
  return paged(call, await git.commits([sha]), commit => shape(call, commit));
}

/** The commit a branch, tag or sha names, or GitHub's refusal. */
export async function resolved(call: RepositoryCall, revision = call.params.ref ?? ''): Promise<string> {
  const { git } = call.repository;
  const sha = await git.resolve(revision.replace(/^(heads|tags)\//, ''));
  if (sha) return sha;
  if ((await git.refs()).size === 0) throw new GitHubError(409, 'Git Repository is empty.');
  throw new GitHubError(422, `No commit found for SHA: ${revision}`);
}

async function get(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const commit = await git.commit(await resolved(call));
  const files = await diffFiles(git, commit.parents[0] ?? EMPTY_TREE, commit.sha);
  return ok(shapeCommit(call.world, call.repository, commit, files));
}

async function pulls(call: RepositoryCall): Promise<Answer> {
  const { git, issues } = call.repository;
  const sha = await resolved(call);
  const having = [];
  for (const issue of [...issues.values()].filter(isPull)) {
    const { base, head } = issue.pull;
    if ((await git.commits([head.sha, `^${base.sha}`])).some(commit => commit.sha === sha))
      having.push(issue);
  }
  return paged(call, having, issue => shapePullSimple(call.world, call.repository, issue));
}

async function compare(call: RepositoryCall): Promise<Answer> {
  const { git } = call.repository;
  const [from = '', to = ''] = (call.params.range ?? '').split('...');
  const [base, head] = [await git.resolve(from), await git.resolve(to)];
  const fork = base && head && (await git.mergeBase(base, head));
  if (!base || !head || !fork) throw notFound();
  const ahead = await git.commits([head, `^${base}`], ['--reverse']);
  const behind = await git.commits([base, `^${head}`]);
  const page = `${htmlUrl(call.world, call.repository)}/compare/${from}...${to}`;
  const status =
    ahead.length > 0
      ? behind.length > 0
        ? 'diverged'
        : 'ahead'
      : behind.length > 0
        ? 'behind'
        : 'identical';
  return ok({
    url: `${apiUrl(call.world, call.repository)}/compare/${from}...${to}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: shape(call, await git.commit(base)),
    merge_base_commit: shape(call, await git.commit(fork)),
    status,
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: ahead.map(commit => shape(call, commit)),
    files: (await diffFiles(git, fork, head)).map(file => shapeFile(call.world, call.repository, head, file)),
  });
}

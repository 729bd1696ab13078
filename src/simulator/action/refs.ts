import { emit } from '../emit.ts';
import { changedFiles } from '../git/diff.ts';
import type { Commit } from '../git/repository.ts';
import { GitHubError } from '../http/errors.ts';
import type { PullRequest } from '../model.ts';
import { time } from '../shape/common.ts';
import { htmlUrl } from '../shape/repository.ts';
import { type Deed, isPull } from '../world.ts';
import { emitIssue, setState } from './issues.ts';
import { personOf } from './people.ts';
import { measurePull } from './pull-size.ts';

const NOTHING = '0'.repeat(40);

/**
 * Does something to a repository's refs, then tells of each branch and tag that moved and moves pull requests
 * along. Every change of a ref goes through here: pushes, the API, merges.
 */
export async function movingRefs<T>(deed: Deed, change: () => Promise<T>): Promise<T> {
  const before = await deed.repository.git.refs();
  const result = await change();
  const after = await deed.repository.git.refs();
  const moved = [...new Set([...before.keys(), ...after.keys()])].filter(
    ref => before.get(ref) !== after.get(ref),
  );
  for (const ref of moved.filter(ref => /^refs\/(heads|tags)\//.test(ref))) {
    await refMoved(deed, ref, before.get(ref) ?? null, after.get(ref) ?? null);
  }
  return result;
}

export function refuseProtected(deed: Deed, branch: string): void {
  if (!deed.repository.protectedBranches.has(branch)) return;
  throw new GitHubError(409, `Protected branch update failed for refs/heads/${branch}.`);
}

async function refMoved(deed: Deed, ref: string, before: string | null, after: string | null): Promise<void> {
  const { repository, world } = deed;
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? [];
  repository.pushedAt = world.clock.now();
  const refFields = { ref: name, ref_type: kind === 'heads' ? 'branch' : 'tag', pusher_type: 'user' };
  const { defaultBranch: master_branch, description } = repository;
  if (before === null)
    emit(deed, 'create', null, { ...refFields, full_ref: ref, master_branch, description });
  if (after === null) emit(deed, 'delete', null, { ...refFields, full_ref: ref });
  emit(deed, 'push', null, await pushPayload(deed, ref, before, after));
  if (kind === 'heads') await movePulls(deed, name, before, after);
}

async function pushPayload(deed: Deed, ref: string, before: string | null, after: string | null) {
  const { repository, world, actor } = deed;
  const commits = after ? await pushedCommits(deed, ref, before, after) : [];
  const [tip] = after ? await shapePushed(deed, [await repository.git.commit(after)]) : [];
  const forced = before !== null && after !== null && !(await repository.git.isAncestor(before, after));
  const page = htmlUrl(world, repository);
  const range = `${(before ?? NOTHING).slice(0, 12)}...${(after ?? NOTHING).slice(0, 12)}`;
  return {
    ref,
    before: before ?? NOTHING,
    after: after ?? NOTHING,
    base_ref: null,
    pusher: { name: actor.user.login, email: personOf(actor.user, 0).email },
    created: before === null,
    deleted: after === null,
    forced,
    compare: `${page}/compare/${range}`,
    commits,
    head_commit: commits.at(-1) ?? tip ?? null,
  };
}

/** GitHub names at most this many commits of a push. */
const MOST_COMMITS = 2048;

/** The commits a push brought, oldest first, without those that other branches had already. */
async function pushedCommits(deed: Deed, ref: string, before: string | null, after: string) {
  const { git } = deed.repository;
  const others = [...(await git.refs('refs/heads/'))].filter(([name]) => name !== ref).map(([, sha]) => sha);
  const known = before ? [before] : others;
  const revisions = [after, ...known.map(sha => `^${sha}`)];
  return shapePushed(deed, await git.commits(revisions, ['--reverse', `--max-count=${MOST_COMMITS}`]));
}

async function shapePushed({ world, repository }: Deed, commits: readonly Commit[]) {
  const changed = await changedFiles(
    repository.git,
    commits.map(({ sha }) => sha),
  );
  return commits.map(commit => {
    const files = changed.get(commit.sha) ?? [];
    const named = (status: string) => files.filter(file => file.status === status).map(file => file.path);
    return {
      id: commit.sha,
      tree_id: commit.tree,
      distinct: true,
      message: commit.message,
      timestamp: time(commit.committer.date),
      url: `${htmlUrl(world, repository)}/commit/${commit.sha}`,
      author: { name: commit.author.name, email: commit.author.email },
      committer: { name: commit.committer.name, email: commit.committer.email },
      added: named('A'),
      removed: named('D'),
      modified: [...named('M'), ...named('T')],
    };
  });
}

async function movePulls(
  deed: Deed,
  branch: string,
  before: string | null,
  after: string | null,
): Promise<void> {
  const open = [...deed.repository.issues.values()].filter(isPull).filter(({ state }) => state === 'open');
  for (const issue of open) {
    if (issue.pull.head.fork === null && issue.pull.head.ref === branch)
      await moveHead(deed, issue, before, after);
    else if (issue.pull.base.ref === branch && after) {
      issue.pull.base.sha = after;
      await measurePull(deed.repository, issue);
    }
  }
}

async function moveHead(
  deed: Deed,
  issue: PullRequest,
  before: string | null,
  after: string | null,
): Promise<void> {
  // GitHub closes the pull requests of a branch that is deleted.
  if (after === null) return setState(deed, issue, 'closed');
  issue.pull.head.sha = after;
  issue.updatedAt = deed.world.clock.now();
  await measurePull(deed.repository, issue);
  emitIssue(deed, issue, 'synchronize', { before: before ?? NOTHING, after });
}

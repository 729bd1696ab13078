import type { CommitPeople } from '../git/repository.ts';
import { GitHubError } from '../http/errors.ts';
import type { PullRequest } from '../model.ts';
import { type Deed, refuseArchived } from '../world.ts';
import { setState } from './issues.ts';
import { personOf } from './people.ts';
import { movingRefs } from './refs.ts';

export interface MergeOptions {
  method?: 'merge' | 'squash' | 'rebase' | undefined;
  title?: string | undefined;
  message?: string | undefined;
  /** The head the caller saw. */
  sha?: string | undefined;
}

/** Merges a pull request, closes it and the issues it says it closes. Gives the sha of the merge. */
export async function mergePull(deed: Deed, issue: PullRequest, options: MergeOptions = {}): Promise<string> {
  const { repository, actor, world } = deed;
  refuseArchived(repository);
  const { head, base, size, draft } = issue.pull;
  if (options.sha && options.sha !== head.sha) {
    throw new GitHubError(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (draft) throw new GitHubError(405, 'Pull Request is still a draft');
  if (issue.state === 'closed' || !size.mergeable)
    throw new GitHubError(405, 'Pull Request is not mergeable');
  const who = personOf(actor.user, world.clock.now());
  const sha = await mergeCommit(deed, issue, options, { author: who, committer: who });
  issue.pull.merged = { at: world.clock.now(), by: actor.user, sha };
  // First the state, then the ref: a merged pull request doesn't move along with its base.
  setState(deed, issue, 'closed');
  await movingRefs(deed, () => repository.git.setRef(`refs/heads/${base.ref}`, sha));
  if (base.ref === repository.defaultBranch) closeIssues(deed, issue);
  return sha;
}

async function mergeCommit(
  deed: Deed,
  issue: PullRequest,
  options: MergeOptions,
  who: CommitPeople,
): Promise<string> {
  const { git, owner } = deed.repository;
  const { head, base } = issue.pull;
  const tree = await git.mergedTree(base.sha, head.sha);
  if (!tree) throw new GitHubError(405, 'Pull Request is not mergeable');
  if (options.method === 'rebase') return rebased(deed, issue, who);
  const squash = options.method === 'squash';
  const plain = squash
    ? `${issue.title} (#${issue.number})`
    : `Merge pull request #${issue.number} from ${(head.fork?.owner ?? owner).login}/${head.ref}`;
  const message = `${options.title ?? plain}\n\n${options.message ?? (squash ? '' : issue.title)}`.trimEnd();
  return git.commitTree(tree, squash ? [base.sha] : [base.sha, head.sha], message, who);
}

async function rebased(deed: Deed, issue: PullRequest, { committer }: CommitPeople): Promise<string> {
  const { git } = deed.repository;
  const { head, base } = issue.pull;
  if (!(await git.isAncestor(base.sha, head.sha))) throw new GitHubError(405, "This branch can't be rebased");
  let tip = base.sha;
  for (const { tree, message, author } of await git.commits([head.sha, `^${base.sha}`], ['--reverse'])) {
    tip = await git.commitTree(tree, [tip], message, { author, committer });
  }
  return tip;
}

const CLOSING = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? +#(\d+)/gi;

function closeIssues(deed: Deed, pull: PullRequest): void {
  for (const [, number] of (pull.body ?? '').matchAll(CLOSING)) {
    const issue = deed.repository.issues.get(Number(number));
    if (issue && !issue.pull) setState(deed, issue, 'closed');
  }
}

import { diffFiles } from '../git/diff.ts';
import type { PullRequest, Repository } from '../model.ts';
import { followLines } from './review-lines.ts';

/** Brings a pull request's sizes, its mergeability, the lines of its comments and refs/pull/N/head up to its head and base. */
export async function measurePull(repository: Repository, issue: PullRequest): Promise<void> {
  const { git } = repository;
  const { head, base } = issue.pull;
  await git.setRef(`refs/pull/${issue.number}/head`, head.sha);
  await followLines(repository, issue);
  const fork = (await git.mergeBase(base.sha, head.sha)) ?? base.sha;
  const files = await diffFiles(git, fork, head.sha);
  const commits = await git.run(['rev-list', '--count', `${base.sha}..${head.sha}`]);
  issue.pull.size = {
    commits: Number(commits),
    files: files.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    mergeable: (await git.mergedTree(base.sha, head.sha)) !== null,
  };
}

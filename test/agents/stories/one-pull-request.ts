import { REPOSITORY, repositoryOf, type TestApp } from '../../support/app.ts';
import { expectThat } from '../story.ts';

/** The task is completed by one pull request that holds the first commit and the last. */
export async function expectOnePullRequest(app: TestApp): Promise<void> {
  const task = await app.ended(1, 'completed');
  await app.quiet();
  const { git, issues } = repositoryOf(app.github);
  const pulls = [...issues.values()].filter(issue => issue.pull);
  expectThat(pulls.length === 1 && pulls[0]?.number === task.pull, `${REPOSITORY} has one pull request`);
  const files = await git.run(['ls-tree', '--name-only', `${task.head}`]);
  expectThat(files.includes('total.txt'), 'the first commit is on GitHub');
  expectThat(files.includes('notes.txt'), 'the last commit is on GitHub');
}

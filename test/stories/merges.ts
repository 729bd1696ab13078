import { REPOSITORY } from '../support/app.ts';
import type { Story } from './story.ts';

/** Opens its pull request early, and works on: a commit that it does not push, and a file that it does not commit. */
const AGENT = `
  echo 'total = price' > total.js && git add total.js && git commit -qm 'Begin the total' && git push -q &&
  gh pr create --title 'Count the total' --body 'More to come.' &&
  echo 'total = price * quantity' > total.js && git commit -qam 'Count the quantity' &&
  echo 'Round to cents' > next.txt && orch progress 'Half of it is done' && sleep 600`;

const KEPT = 'refs/orch/rescue/T1.1';

export const mergedMidwayKept: Story = {
  name: 'merged_midway_kept',
  needsAgents: true,
  world: { agents: { good: AGENT } },
  async play({ github, on, over, until, daemon, task, rest }) {
    await github.comment(REPOSITORY, 1, '/orch count the total', 'writer');
    const isHalfDone = () => daemon.store.journal.ofTask(1).some(({ type }) => type === 'run:progress');
    await until(() => daemon.store.tasks.get(1) && (isHalfDone() || task(1).state === 'failed'));
    const { pull } = task(1);
    if (pull === null) return { task: 1, pull, evidence: {}, claims: { 'there is a pull request': false } };
    await github.merge(REPOSITORY, pull, 'writer');
    await over(1);
    await rest();
    const evidence = {
      pull_request: on.pull(pull),
      merged: await on.file('main', 'total.js'),
      kept: { ref: KEPT, total: await on.file(KEPT, 'total.js'), next: await on.file(KEPT, 'next.txt') },
      comment: on.comments(1).at(-1),
    };
    return {
      ...{ task: 1, pull, evidence },
      claims: {
        'the merge stands as it was made': evidence.merged === 'total = price',
        'the agent was stopped': daemon.store.runs.liveOf(1) === null,
        'what it had committed is kept': evidence.kept.total === 'total = price * quantity',
        'and what it had not': evidence.kept.next === 'Round to cents',
        'it is said that it was stopped':
          evidence.comment?.includes('merged while the agent worked') === true,
        'and where the rest is': evidence.comment?.includes(`git fetch origin ${KEPT}`) === true,
      },
    };
  },
};

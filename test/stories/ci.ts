import type { JobResult } from '../../src/simulator/action/checks.ts';
import { REPOSITORY } from '../support/app.ts';
import type { Story } from './story.ts';

/** Forgets the quantity; what its CI has printed has it mend that, and it keeps the line that told it. */
const AGENT = `
  if grep -q 'expected 6 to be 3' "$ORCH_PROMPT_FILE"; then
    grep -m 1 'expected 6 to be 3' "$ORCH_PROMPT_FILE" > why.txt
    echo 'total = price * quantity' > total.js
  else
    echo 'total = price' > total.js
  fi
  git add -A && git commit -qm 'Count the total' && git push -q &&
  { gh pr create --title 'Count the total' --body 'Counted.' || true; } && orch done`;

const at = (second: number) => `2026-11-29T00:00:0${second}.0000000Z`;
const LOG = [
  `${at(1)} ##[group]Run npm test`,
  `${at(2)} AssertionError: expected 6 to be 3`,
  `${at(3)} ##[error]Process completed with exit code 1.`,
  `${at(4)} Cleaning up orphan processes`,
].join('\n');
const FAILED: JobResult = {
  name: 'test',
  conclusion: 'failure',
  log: LOG,
  annotations: [
    {
      ...{ path: 'total.js', start_line: 1, end_line: 1 },
      annotation_level: 'failure',
      message: 'Process completed with exit code 1.',
    },
  ],
};
const isTold = (comment: string) => comment.includes('The agent has tried once to mend it');
const MISSING = { 'there is a pull request': false };

export const ciFixed: Story = {
  name: 'ci_fixed',
  needsAgents: true,
  world: {
    agents: { good: AGENT },
    files: { '.github/orch.yml': 'follow_up:\n  ci_attempts: 1\n' },
  },
  async play({ github, on, over, rest, daemon, until }) {
    await github.comment(REPOSITORY, 1, '/orch count the total', 'writer');
    const pull = (await over(1))?.pull ?? null;
    const before = on.pull(pull)?.head;
    if (pull === null || before === undefined) return { task: 1, pull, evidence: {}, claims: MISSING };
    // Not before all of it has ended.
    const slow = await github.reportJob(REPOSITORY, before, { name: 'lint', conclusion: null });
    await github.reportJob(REPOSITORY, before, FAILED);
    await rest();
    const early = daemon.store.tasks.get(2);
    await github.endJob(REPOSITORY, slow, 'success');
    await until(() => daemon.store.tasks.get(2));
    const second = await over(2);
    const after = on.pull(pull)?.head ?? before;
    await github.reportJob(REPOSITORY, after, { name: 'test', conclusion: 'success' });
    await rest();
    const isQuiet = daemon.store.tasks.get(3) === null && !on.comments(pull).some(isTold);
    // As often as it is allowed, and no more.
    await github.reportJob(REPOSITORY, after, FAILED);
    await until(() => on.comments(pull).some(isTold));
    await rest();
    const evidence = {
      ...{ head_before: before, head_after: after, comments: on.comments(pull) },
      total: await on.file(after, 'total.js'),
      told: await on.file(after, 'why.txt'),
      checks: on.checks(after),
    };
    return {
      ...{ task: 2, pull, evidence },
      claims: {
        'it waits until all of CI has ended': early === null,
        'the agent went on in the branch': after !== before && second?.branch === on.pull(pull)?.branch,
        'the log was in its prompt': evidence.told === 'AssertionError: expected 6 to be 3',
        'it is mended': evidence.total === 'total = price * quantity',
        'a CI that passes wakes nobody': isQuiet,
        'after its attempts it is left alone, and that is said': daemon.store.tasks.get(3) === null,
      },
    };
  },
};

export const ciSameAsBaseStops: Story = {
  name: 'ci_same_as_base_stops',
  needsAgents: true,
  world: { agents: { good: AGENT } },
  async play({ github, on, over, rest, daemon, until }) {
    const base = await github.pushCommit(REPOSITORY, 'main', { 'lint.js': 'oops\n' }, 'writer');
    await github.reportJob(REPOSITORY, base, FAILED);
    await github.comment(REPOSITORY, 1, '/orch count the total', 'writer');
    const pull = (await over(1))?.pull ?? null;
    const head = on.pull(pull)?.head;
    if (pull === null || head === undefined) return { task: 1, pull, evidence: {}, claims: MISSING };
    // However often it is run again.
    for (let time = 0; time < 20; time += 1) await github.reportJob(REPOSITORY, head, FAILED);
    await until(() => on.comments(pull).length > 0);
    await rest();
    const comments = on.comments(pull);
    const evidence = { base, head_before: head, head_after: on.pull(pull)?.head, comments };
    return {
      ...{ task: 1, pull, evidence },
      claims: {
        'the agent is left alone': daemon.store.tasks.get(2) === null && evidence.head_after === head,
        'it is said once why':
          comments.length === 1 &&
          comments[0]?.includes(`CI fails here as it does on the base ${base}`) === true,
      },
    };
  },
};

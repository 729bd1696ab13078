import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../src/simulator/runner/run-job.ts';
import type { Job } from '../../src/simulator/workflows/job.ts';
import { ACTION, startTestAction, type TestAction } from '../support/action.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf } from '../support/app.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const WORKFLOW = `on: issue_comment
permissions: { contents: write, issues: write, pull-requests: write, checks: write }
jobs:
  task:
    runs-on: [self-hosted, orch]
    steps:
      - uses: ${ACTION}@v1
`;
const SLOW_AGENT = `
  echo half > half.txt && git add half.txt && git commit -qm Half
  echo more > more.txt && git push -q; sleep 600`;

describe('a workflow run', () => {
  let action: TestAction;
  beforeAll(async () => {
    const patience = { interrupt: 300, terminate: 100 };
    action = await startTestAction({ agents: { good: GOOD_AGENT, slow: SLOW_AGENT }, patience });
    await action.writeWorkflow('orch.yml', WORKFLOW);
  });
  afterAll(() => action[Symbol.asyncDispose]());

  const say = (text: string, issue = 1) => action.github.comment(REPOSITORY, issue, text, 'writer');
  const checks = () => [...repositoryOf(action.github).checkRuns.values()];
  const isBy = (job: Job, { id }: { id: number }) =>
    (job.event.payload as { comment?: { id: number } }).comment?.id === id;

  /** The job that a comment has started: those of Orch itself start some too. */
  async function endOf(comment: { id: number }): Promise<JobRecord> {
    for (let number = 1; ; number += 1) {
      const record = await action.ended(number);
      if (isBy(record.job, comment)) return record;
    }
  }

  /** The job of a comment whose agent is at work. */
  async function begun(comment: { id: number }): Promise<Job> {
    const job = await action.until(() => {
      const now = action.runners[0]?.job;
      return now && isBy(now, comment) && now;
    });
    await action.until(() => checks().some(({ externalId }) => externalId === `T${job.run.id}`));
    return job;
  }

  it('takes a comment to its pull request', async () => {
    const { conclusion, job, steps } = await endOf(await say('/orch --agent good fix it'));
    expect(conclusion).toBe('success');
    const task = `T${job.run.id}`;
    const url = `${action.github.url}/${REPOSITORY}/pull/2`;
    expect(steps[0]?.outputs).toMatchObject({
      task,
      status: 'completed',
      'pull-request-number': '2',
      'pull-request-url': url,
    });
    expect(steps[0]?.summary).toContain(`${task} is completed`);
    expect(action.comments(1).at(-1)).toContain(`${task} is completed`);
    expect(
      checks()
        .filter(({ externalId }) => externalId === task)
        .map(({ actions }) => actions),
    ).toEqual([[]]);
  });

  it('is over at once where nothing is asked for', async () => {
    const { conclusion, steps } = await endOf(await say('thanks!'));
    expect([conclusion, steps[0]?.outputs]).toMatchObject(['success', { status: 'none', task: '' }]);
  });

  it('that is cancelled, and whose step is killed, is brought to its end afterwards', async () => {
    const comment = await say('/orch --agent slow fix it slowly');
    const job = await begun(comment);
    action.cancel(job);
    const { conclusion, steps } = await endOf(comment);
    expect([conclusion, steps[0]?.conclusion, steps[0]?.outputs.status]).toEqual([
      'cancelled',
      'cancelled',
      'failed',
    ]);
    const rescue = `refs/orch/rescue/T${job.run.id}.1`;
    const told = action.comments(1).at(-1);
    expect(told).toContain(`T${job.run.id} is cancelled`);
    expect(told).toContain(`git fetch origin ${rescue}`);
    const { git } = repositoryOf(action.github);
    const files = await git.tree((await git.refs()).get(rescue) as string);
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['half.txt', 'more.txt']));
  });
});

it('a runner without tmux turns the job red, and says what to install', async () => {
  await using folder = await temporaryDirectory();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  for (const name of ['sh', 'bash', 'git', 'env', 'rm', 'chmod']) {
    const found = (process.env.PATH ?? '').split(delimiter).find(each => existsSync(join(each, name)));
    symlinkSync(join(found as string, name), join(bin, name));
  }
  await using action = await startTestAction({ env: { PATH: bin } });
  await action.writeWorkflow('orch.yml', WORKFLOW);
  await action.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const { steps } = await action.ended(1);
  expect(steps[0]?.outputs.status).toBe('failed');
  const errors = steps[0]?.annotations.filter(({ annotation_level }) => annotation_level === 'failure');
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/^E_MISSING_PROGRAM: tmux.*Install tmux/) },
  ]);
  expect(action.comments(1).at(-1)).toContain('Install tmux');
});

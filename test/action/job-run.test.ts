import { expect, it } from 'vitest';
import { ACTION, startTestAction } from '../support/action.ts';
import { REPOSITORY } from '../support/app.ts';

it('is a step of a job, whose input is wrong', async () => {
  await using action = await startTestAction();
  await action.writeWorkflow(
    'orch.yml',
    `on: issue_comment
permissions: { issues: write }
jobs:
  task:
    runs-on: [self-hosted, orch]
    steps:
      - uses: ${ACTION}@v1
        with: { mode: walk }
`,
  );
  await action.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const job = await action.ended(1);
  expect(job).toMatchObject({ conclusion: 'failure', runner: 'runner-1' });
  expect(job.steps[0]).toMatchObject({
    outputs: { status: 'failed' },
    annotations: [{ title: 'Orch: E_INPUT', annotation_level: 'failure' }],
  });
  expect(job.steps[1]).toMatchObject({ name: `Post Run ${ACTION}@v1` });
  expect(await action.runEnded(1)).toMatchObject({ conclusion: 'failure', event: { name: 'issue_comment' } });
});

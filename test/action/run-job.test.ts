import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTION, startTestAction, type TestAction } from '../support/action.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf } from '../support/app.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** As the documentation has it. */
function documented(name: string): string {
  const text = readFileSync(`docs/workflows/${name}`, 'utf8');
  return text.replaceAll('your-org/orch/action@v1', `${ACTION}@v1`);
}

/** Stops half done, unless another one has been here before. */
const SLOW_AGENT = `
  [ -e half.txt ] && { ${GOOD_AGENT}; exit; }
  echo half > half.txt && git add half.txt && git commit -qm Half
  echo more > more.txt && git push -q; sleep 600`;

describe('the documented workflow', () => {
  let action: TestAction;
  beforeAll(async () => {
    // A step that is cancelled is killed before it can end.
    const patience = { interrupt: 300, terminate: 100 };
    const agents = { good: GOOD_AGENT, slow: SLOW_AGENT };
    action = await startTestAction({ agents, patience, runners: 2, labels: ['ubuntu-latest'] });
    await action.writeWorkflow('orch.yml', documented('run.yml'));
  });
  afterAll(() => action[Symbol.asyncDispose]());

  /** A comment, and the workflow run that it starts. */
  async function say(text: string): Promise<number> {
    const { id } = await action.github.comment(REPOSITORY, 1, text, 'writer');
    const { id: run } = await action.until(() =>
      action.runs().find(({ event }) => (event.payload as { comment?: { id: number } }).comment?.id === id),
    );
    return run;
  }
  const ended = (run: number, attempt = 1) =>
    action.until(() =>
      action.runs().find(each => each.id === run && each.attempt === attempt && each.status === 'completed'),
    );
  const told = (run: number) =>
    action.comments(1).filter(body => body.includes(`<!-- orch:task T${run} -->`));
  const checksOf = (run: number) =>
    [...repositoryOf(action.github).checkRuns.values()].filter(({ externalId }) => externalId === `T${run}`);
  /** What the first step of its job that was not skipped has come to. */
  const stepOf = (run: number) => action.records.findLast(({ job }) => job.run.id === run)?.steps[0];

  it('takes a comment to its pull request, and starts nothing by what Orch writes', async () => {
    const run = await say('/orch --agent good fix it');
    expect((await ended(run)).conclusion).toBe('success');
    const step = stepOf(run);
    expect(step?.outputs).toMatchObject({
      task: `T${run}`,
      status: 'completed',
      'pull-request-number': '2',
      'pull-request-url': `${action.github.url}/${REPOSITORY}/pull/2`,
    });
    expect(step?.summary).toContain(`T${run} is completed`);
    expect(told(run)).toEqual([expect.stringContaining(`T${run} is completed`)]);
    expect(checksOf(run)).toMatchObject([{ actions: [] }]);
    expect(action.runs()).toHaveLength(1);
  });

  it('has no job for what asks for nothing', async () => {
    expect((await ended(await say('thanks!'))).conclusion).toBe('skipped');
  });

  it('is cancelled by /orch cancel though its step is killed, and goes on by /orch retry', async () => {
    const run = await say('/orch --agent slow fix it slowly');
    await action.until(() => checksOf(run).length > 0);
    expect((await ended(await say('/orch cancel'))).conclusion).toBe('success');
    expect((await ended(run)).conclusion).toBe('cancelled');
    expect(stepOf(run)).toMatchObject({ conclusion: 'cancelled', outputs: { status: 'failed' } });
    const last = action.records.findLast(({ job }) => job.run.id === run)?.steps.at(-1);
    const red = last?.annotations.filter(({ annotation_level }) => annotation_level === 'failure');
    expect(red).toMatchObject([{ title: expect.stringContaining(`T${run} is cancelled`) }]);
    expect(last?.summary).toContain(`T${run} is cancelled`);
    const rescue = `refs/orch/rescue/T${run}.1`;
    expect(told(run)).toEqual([expect.stringContaining(`T${run} is cancelled`)]);
    expect(told(run)[0]).toContain(`git fetch origin ${rescue}`);
    const { git } = repositoryOf(action.github);
    const files = await git.tree((await git.refs()).get(rescue) as string);
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['half.txt', 'more.txt']));

    await ended(await say(`/orch retry T${run}`));
    expect((await ended(run, 2)).conclusion).toBe('success');
    expect(told(run)).toEqual([expect.stringContaining(`T${run} is completed`)]);
    expect(await git.run(['log', '--format=%s', `main..orch/T${run}-fix-it-slowly`])).toBe('Fix it\nHalf');
  });
});

it('a runner without tmux turns red what a program asked for, and says what to install', async () => {
  await using folder = await temporaryDirectory();
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  for (const name of ['sh', 'bash', 'git', 'env', 'rm', 'chmod']) {
    const found = (process.env.PATH ?? '').split(delimiter).find(each => existsSync(join(each, name)));
    symlinkSync(join(found as string, name), join(bin, name));
  }
  await using action = await startTestAction({ env: { PATH: bin } });
  await action.writeWorkflow('orch.yml', documented('run-task.yml'));
  const asked = await fetch(`${action.github.url}/api/v3/repos/${REPOSITORY}/dispatches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${action.github.userToken('writer')}` },
    body: JSON.stringify({ event_type: 'orch', client_payload: { task: 'fix it', issue: 1 } }),
  });
  expect(asked.status).toBe(204);
  const { conclusion, steps } = await action.ended(1);
  expect([conclusion, steps[0]?.outputs.status]).toEqual(['failure', 'failed']);
  expect(steps[1]?.name).toMatch(/^Post Run /);
  const errors = steps[0]?.annotations.filter(({ annotation_level }) => annotation_level === 'failure');
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/^E_MISSING_PROGRAM: tmux.*Install tmux/) },
  ]);
  expect(action.comments(1).at(-1)).toContain('Install tmux');
});

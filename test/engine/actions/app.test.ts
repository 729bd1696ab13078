import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { homePaths } from '../../../src/config/paths.ts';
import { manifestWithActions } from '../../../src/daemon/setup.ts';
import { type Order, readOrder } from '../../../src/engine/actions/order.ts';
import { type Result, writeResult } from '../../../src/engine/actions/result.ts';
import { isOwnPull } from '../../../src/github/pulls.ts';
import type { Conclusion, Job } from '../../../src/simulator/workflows/job.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp, type TestApp } from '../../support/app.ts';
import { aResult } from '../../support/order.ts';

const text = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const { default_permissions: permissions, default_events: events } = manifestWithActions(
  parse(text('app.yml')),
);

/** The App on the simulated GitHub, whose jobs a test carries out by hand. */
describe('an App whose runs GitHub Actions carries out', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({
      agents: { good: GOOD_AGENT },
      settings: { engine: 'actions', orchestrator: {} },
      files: { 'README.md': '# Shop\n', '.github/workflows/orch.yml': text('docs/workflows/execute.yml') },
      app: { permissions: permissions as never, events },
    });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  async function asked(what: string): Promise<number> {
    const before = app.daemon.store.tasks.list(1)[0]?.id ?? 0;
    await app.github.comment(REPOSITORY, 1, `/orch ${what}`, 'writer');
    return (await app.until(() => app.daemon.store.tasks.list(1).find(({ id }) => id > before))).id;
  }

  /** The oldest job that waits, taken by a runner, with its order. */
  async function taken(): Promise<{ job: Job; order: Order; run: string }> {
    const runner = { name: 'big-1', labels: ['self-hosted', 'orch'] };
    const job = await app.until(() => app.github.workflows.runnerSide.take(runner));
    const { inputs } = job.event.payload as { inputs: { order: string } };
    const order = readOrder(inputs.order);
    return { job, order, run: `T${order.task.id}.${order.run.number}` };
  }

  function tell(job: Job, result: Omit<Result, 'version'> | null, conclusion: Conclusion): void {
    const notice = result && {
      ...{ path: '.github', start_line: 1, end_line: 1, annotation_level: 'notice' as const },
      ...writeResult(result),
    };
    const annotations = notice === null ? [] : [notice];
    app.github.workflows.runnerSide.report(job, { status: 'completed', conclusion, annotations });
  }

  /** As the job's broker does, with the job's own token. */
  async function push(order: Order): Promise<string> {
    const { branch } = order.task;
    return await app.github.pushCommit(
      REPOSITORY,
      branch,
      { 'fixed.txt': `${order.run.number}\n` },
      'writer',
    );
  }

  async function openPull(job: Job, { task }: Order): Promise<number> {
    const response = await fetch(`${app.github.url}/api/v3/repos/${REPOSITORY}/pulls`, {
      method: 'POST',
      headers: { authorization: `token ${job.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        head: task.branch,
        base: task.target,
        title: 'Fix it',
        body: `Fixed.\n<!-- orch:pull T${task.id} -->`,
      }),
    });
    return ((await response.json()) as { number: number }).number;
  }

  it('dispatches the documented workflow, follows it by webhooks, and tells of it where it was asked', async () => {
    const id = await asked('fix the total');
    const { job, order, run } = await taken();
    expect(order.task).toMatchObject({ instruction: 'fix the total', target: 'main', head: null });
    await app.until(() => app.task(id).state === 'running');
    const log = homePaths(app.home).runLog(run);
    expect(readFileSync(log, 'utf8')).toContain(`/actions/runs/${job.run.id}\n`);
    const head = await push(order);
    await app.until(() => app.task(id).head === head);
    const pull = await openPull(job, order);
    await app.until(() => app.task(id).pull === pull);
    await app.until(() => isOwnPull(app.daemon.store, app.task(id)));
    tell(job, aResult({ run, head, pull }), 'success');
    await app.ended(id, 'completed');
    await app.quiet();
    expect(app.comments(1).at(-1)).toContain(
      `[workflow run](${app.github.url}/${REPOSITORY}/actions/runs/${job.run.id}) on \`big-1\``,
    );
  });

  it('closes the pull request that a job opens after people have cancelled its task', async () => {
    const id = await asked('fix something else');
    const { job, order } = await taken();
    await app.until(() => app.task(id).state === 'running');
    await app.github.comment(REPOSITORY, 1, `/orch cancel T${id}`, 'writer');
    await app.until(() => job.cancelled.aborted);
    await push(order);
    const pull = await openPull(job, order);
    await app.until(() => app.task(id).pullState === 'closed');
    tell(job, null, 'cancelled');
    expect(await app.ended(id, 'cancelled')).toMatchObject({ pull });
    expect(app.runs(id)).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('finds a run again after a restart, however it went on meanwhile', async () => {
    const id = await asked('fix a fourth thing');
    const { job, order, run } = await taken();
    await app.until(() => app.task(id).state === 'running');
    await app.stop();
    const head = await push(order);
    const pull = await openPull(job, order);
    tell(job, aResult({ run, head, pull }), 'success');
    await app.start();
    expect(await app.ended(id, 'completed')).toMatchObject({ pull, head });
    expect(app.runs(id)).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/simulator/workflows/job.ts';
import { startSite } from '../support/site.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

const WORKFLOW = `
name: Orch
on: issue_comment
jobs:
  task:
    runs-on: [self-hosted, orch]
    steps: [{ run: make }]
`;

/** The pages, with one workflow run that waits for a runner. */
async function startRun() {
  const site = await startSite();
  const { simulator } = site.github;
  await simulator.pushCommit('acme/shop', 'main', { '.github/workflows/orch.yml': WORKFLOW }, 'ada');
  await simulator.comment('acme/shop', 1, '/orch', 'ada');
  await simulator.idle();
  const [run] = simulator.workflows.runs.values();
  const side = simulator.workflows.runnerSide;
  return {
    ...site,
    path: `/acme/shop/actions/runs/${run?.id}`,
    take: () => side.take({ name: 'runner-1', labels: ['self-hosted', 'orch'] }) as Job,
    report: side.report.bind(side),
  };
}

describe('the pages of workflow runs', () => {
  it('list the runs of a repository, and lead to each', async () => {
    await using site = await startRun();
    expect((await site.get('/acme/shop')).body).toContain('href="/acme/shop/actions"');
    const { body } = await site.get('/acme/shop/actions');
    for (const text of [`href="${site.path}"`, 'Broken', 'Orch #1', 'issue_comment by ada', 'queued'])
      expect(body).toContain(text);
    expect((await site.get('/acme/shop/actions', 'otto')).status).toBe(404);
    expect((await site.get('/acme/shop/actions/runs/1')).status).toBe(404);
  });

  it('show jobs with their steps, logs, summaries and annotations, all escaped', async () => {
    await using site = await startRun();
    expect((await site.get(site.path)).body).toContain('waits for a runner with self-hosted, orch');
    const job = site.take();
    const note = {
      path: '.github',
      start_line: 1,
      end_line: 1,
      annotation_level: 'notice',
      message: HOSTILE,
    };
    site.report(job, {
      step: { name: 'Run make', number: 1, lines: ['made', HOSTILE], summary: `**All** good ${HOSTILE}` },
      status: 'completed',
      conclusion: 'success',
      annotations: [{ ...note, annotation_level: 'notice' }],
    });
    site.report(job, { status: 'completed', conclusion: 'failure', annotations: [] });
    const { body } = await site.get(site.path);
    for (const text of ['on <strong>runner-1</strong>', 'Run make', 'made\n&lt;img', '<strong>All</strong>'])
      expect(body).toContain(text);
    expect(body).toContain('data-says="failure, failure"');
    expect(body).not.toContain('<img src=x');
    const commit = await site.get(`/acme/shop/commit/${job.sha}`);
    expect(commit.body).toContain(`<a href="${site.path}">Workflow run</a>`);
  });

  it('tell what is wrong with a workflow file', async () => {
    await using site = await startRun();
    const files = {
      '.github/workflows/matrix.yml': WORKFLOW.replace('steps:', 'strategy: {}\n    steps:'),
      '.github/workflows/oops.yml': WORKFLOW.replace('[self-hosted, orch]', `"\${{ oops( }}"`),
    };
    const { simulator } = site.github;
    await simulator.pushCommit('acme/shop', 'main', files, 'ada');
    await simulator.comment('acme/shop', 1, '/orch', 'ada');
    await simulator.idle();
    const { body } = await site.get('/acme/shop/actions');
    expect(body).toContain('<code>.github/workflows/matrix.yml</code> starts nothing');
    expect(body).toContain('strategy');
    const broken = [...simulator.workflows.runs.values()].find(({ fault }) => fault !== null);
    expect((await site.get(`/acme/shop/actions/runs/${broken?.id}`)).body).toContain('could not be followed');
  });

  it('let people who may write cancel a run, and run it again', async () => {
    await using site = await startRun();
    expect((await site.get(site.path, 'rita')).body).not.toContain(`${site.path}/cancel`);
    expect((await site.post(`${site.path}/cancel`, {}, 'rita')).status).toBe(403);
    expect((await site.get(site.path)).body).toContain(`action="${site.path}/cancel"`);
    expect(await site.post(`${site.path}/cancel`, {})).toMatchObject({ status: 303, location: site.path });
    expect((await site.get(site.path)).body).toContain('data-says="cancelled, cancelled"');
    expect((await site.post(`${site.path}/cancel`, {})).status).toBe(409);
    expect((await site.post(`${site.path}/rerun`, {}, 'rita')).status).toBe(403);
    expect(await site.post(`${site.path}/rerun`, {})).toMatchObject({ status: 303, location: site.path });
    const { body } = await site.get(site.path);
    for (const text of ['attempt 2, by <strong>ada</strong>', 'data-says="queued, queued"'])
      expect(body).toContain(text);
    expect(site.take().run.attempt).toBe(2);
  });
});

import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/shared/clock.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Conclusion, Job } from '../../src/simulator/workflows/job.ts';
import { manualClock, type TestGitHub, testGitHub } from '../support/github.ts';

const REPOSITORY = 'acme/shop';

/** The events and permissions that the App needs to see all of it. */
const APP = {
  permissions: {
    actions: 'write',
    checks: 'write',
    contents: 'write',
    issues: 'write',
    pull_requests: 'write',
  },
  events: ['check_run', 'issue_comment', 'issues', 'pull_request', 'workflow_job', 'workflow_run'],
} as const;

async function withWorkflows(
  files: Record<string, string>,
  options: { clock?: Clock } = {},
): Promise<TestGitHub & { issue: number }> {
  const app = { permissions: { ...APP.permissions }, events: [...APP.events] };
  const github = await testGitHub({ ...options, app });
  const named = Object.entries(files).map(([name, text]) => [`.github/workflows/${name}.yml`, text]);
  await github.simulator.pushCommit(REPOSITORY, 'main', Object.fromEntries(named), 'ada');
  const issue = await github.simulator.openIssue(REPOSITORY, { title: 'Broken', user: 'ada' });
  await github.events();
  github.received.length = 0;
  return { ...github, issue: issue.number };
}

const take = ({ workflows }: Simulator, ...labels: string[]) =>
  workflows.runnerSide.take({ name: 'runner-1', labels: ['self-hosted', ...labels] });
const end = ({ workflows }: Simulator, job: Job, conclusion: Conclusion = 'success') =>
  workflows.runnerSide.report(job, { status: 'completed', conclusion, annotations: [] });
const shown = ({ workflows }: Simulator) =>
  [...workflows.runs.values()].map(({ status, conclusion }) => conclusion ?? status);

async function say({ simulator, issue }: TestGitHub & { issue: number }, body: string): Promise<void> {
  await simulator.comment(REPOSITORY, issue, body, 'ada');
  await simulator.idle();
}

const ON_COMMENT = `
name: Orch
on: { issue_comment: { types: [created] } }
permissions: {}
jobs:
  task:
    if: contains(github.event.comment.body, '/orch')
    runs-on: [self-hosted, orch]
    permissions: { contents: write, pull-requests: read }
    env: { WHO: "\${{ github.actor }}" }
    steps:
      - uses: orch/orch/action@v1
        with: { task: "\${{ github.event.comment.body || 'nothing' }}", budget: 2 }
`;

describe('an event of a repository', () => {
  it('starts the workflows that want it, for runners that have the labels', async () => {
    await using github = await withWorkflows({
      orch: ON_COMMENT,
      other: 'on: label\njobs: {}',
      broken: '- no',
    });
    const { simulator } = github;
    await say(github, 'thanks!');
    expect(shown(simulator)).toEqual(['skipped']);
    await say(github, '/orch fix it');
    expect(take(simulator, 'gpu')).toBeNull();
    const job = take(simulator, 'Orch', 'gpu') as Job;
    expect(job).toMatchObject({
      key: 'task',
      workflow: 'Orch',
      ref: 'refs/heads/main',
      event: { name: 'issue_comment' },
      steps: [{ uses: 'orch/orch/action@v1', with: { budget: '2' } }],
    });
    expect(job.event.payload).not.toHaveProperty('installation');
    expect(take(simulator, 'orch')).toBeNull();
    simulator.workflows.runnerSide.report(job, {
      step: { name: 'Orch', number: 1 },
      status: 'in_progress',
      annotations: [],
    });
    end(simulator, job, 'failure');
    expect(shown(simulator)).toEqual(['skipped', 'failure']);
    const events = await github.events();
    expect(events.filter(event => event.startsWith('workflow_run'))).toEqual([
      'workflow_run.requested',
      'workflow_run.completed',
      'workflow_run.requested',
      'workflow_run.in_progress',
      'workflow_run.completed',
    ]);
    expect(events).toContain('workflow_job.queued');
    expect(events).toContain('workflow_job.in_progress');
    expect(github.validation.violations).toEqual([]);
  });

  it('gives a job a token that may what the workflow says, starts nothing more, and ends with the job', async () => {
    await using github = await withWorkflows({ orch: ON_COMMENT });
    const { simulator } = github;
    await say(github, '/orch fix it');
    const job = take(simulator, 'orch') as Job;
    const call = (method: string, path: string, body?: object) =>
      fetch(`${simulator.url}/api/v3/repos/${REPOSITORY}${path}`, {
        method,
        headers: { authorization: `Bearer ${job.token}` },
        ...(body && { body: JSON.stringify(body) }),
      });
    const [repository] = simulator.world.repositories.values();
    const refused = await call('POST', `/issues/${github.issue}/comments`, { body: 'hello' });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('x-accepted-github-permissions')).toContain('issues=write');
    expect((await call('GET', '/contents/README.md')).status).toBe(200);
    const viewer = await fetch(`${simulator.url}/api/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${job.token}` },
      body: JSON.stringify({ query: '{ viewer { login databaseId } }' }),
    });
    expect(await viewer.json()).toEqual({
      data: { viewer: { login: 'github-actions[bot]', databaseId: 41_898_282 } },
    });
    expect(simulator.world.tokens.get(job.token)).toMatchObject({ repositoryIds: new Set([repository?.id]) });
    end(simulator, job);
    expect((await call('GET', '/contents/README.md')).status).toBe(401);
    github.validation.forgive(/./);
  });

  it('is none when a job’s token makes it', async () => {
    const may = ON_COMMENT.replace('contents: write,', 'issues: write,');
    await using github = await withWorkflows({ orch: may });
    const { simulator } = github;
    await say(github, '/orch fix it');
    const job = take(simulator, 'orch') as Job;
    const made = await fetch(`${simulator.url}/api/v3/repos/${REPOSITORY}/issues/${github.issue}/comments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${job.token}` },
      body: JSON.stringify({ body: '/orch again' }),
    });
    expect(await made.json()).toMatchObject({
      user: { login: 'github-actions[bot]' },
      performed_via_github_app: { id: 15_368, slug: 'github-actions' },
    });
    await simulator.idle();
    expect(simulator.workflows.runs.size).toBe(1);
  });

  it('of a fork’s pull request gives a token that only reads, and no secrets', async () => {
    const workflow = `
on: { pull_request: { branches: [main, '!main-*'] } }
permissions: { contents: write, issues: write }
jobs: { task: { runs-on: self-hosted, steps: [{ run: 'true' }] } }
`;
    await using github = await withWorkflows({ orch: workflow });
    const { simulator } = github;
    simulator.workflows.secrets.set('KEY', 'hush');
    simulator.addCollaborator(REPOSITORY, 'otto', 'read');
    await simulator.forkRepository(REPOSITORY, 'otto');
    await simulator.pushCommit('otto/shop', 'fix', { 'fix.txt': 'x' }, 'otto');
    await simulator.openPull(REPOSITORY, { title: 'Fix', head: 'otto:fix', base: 'main', user: 'otto' });
    await simulator.pushCommit(REPOSITORY, 'own', { 'own.txt': 'x' }, 'ada');
    await simulator.openPull(REPOSITORY, { title: 'Own', head: 'own', base: 'main', user: 'ada' });
    await simulator.idle();
    const [foreign, own] = [take(simulator) as Job, take(simulator) as Job];
    const comment = async ({ token }: Job) => {
      const url = `${simulator.url}/api/v3/repos/${REPOSITORY}/issues/${github.issue}/comments`;
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(url, { method: 'POST', headers, body: '{"body":"hello"}' })).status;
    };
    expect([await comment(foreign), await comment(own)]).toEqual([403, 201]);
    expect(Object.keys(foreign.contexts.secrets ?? {})).toEqual(['GITHUB_TOKEN']);
    expect(own.contexts.secrets).toMatchObject({ KEY: 'hush' });
  });

  it('ends a run at once whose file has an expression that is none, and starts others all the same', async () => {
    const orch = ON_COMMENT.replace(/ {4}if: .*/, '    if: oops( ');
    await using github = await withWorkflows({ orch, other: ON_COMMENT });
    const { simulator } = github;
    await say(github, '/orch fix it');
    expect(shown(simulator)).toEqual(['failure', 'queued']);
    expect([...simulator.workflows.runs.values()][0]?.fault).toContain('oops');
    expect((await github.events()).filter(event => event.startsWith('workflow_run'))).toEqual([
      'workflow_run.requested',
      'workflow_run.completed',
      'workflow_run.requested',
    ]);
    expect(github.validation.violations).toEqual([]);
  });
});

describe('a job that takes longer than `timeout-minutes`', () => {
  it('is cancelled, and told why', async () => {
    const clock = manualClock();
    const orch = ON_COMMENT.replace('steps:', 'timeout-minutes: 5\n    steps:');
    await using github = await withWorkflows({ orch }, { clock });
    const { simulator } = github;
    for (const text of ['/orch one', '/orch two']) await say(github, text);
    const [quick, slow] = [take(simulator, 'orch') as Job, take(simulator, 'orch') as Job];
    clock.advance(299_000);
    end(simulator, quick);
    clock.advance(1_000);
    expect([quick, slow].map(({ cancelled }) => cancelled.aborted)).toEqual([false, true]);
    end(simulator, slow, 'cancelled');
    expect(shown(simulator)).toEqual(['success', 'cancelled']);
    const [, run] = simulator.workflows.runs.values();
    expect(run?.jobs[0]?.check.annotations).toMatchObject([
      { message: expect.stringContaining('5 minutes') },
    ]);
  });
});

describe('a concurrency group', () => {
  const grouped = (rest: string) =>
    `on: issue_comment\njobs:\n  task:\n    runs-on: [self-hosted]\n    concurrency: { group: "orch-\${{ github.event.issue.number }}"${rest} }\n    steps: [{ run: 'true' }]\n`;

  it('has one in it and one that waits, whose place the next one takes', async () => {
    await using github = await withWorkflows({ orch: grouped('') });
    for (const text of ['one', 'two', 'three']) await say(github, text);
    const { simulator } = github;
    expect(shown(simulator)).toEqual(['queued', 'cancelled', 'queued']);
    const first = take(simulator) as Job;
    expect(take(simulator)).toBeNull();
    end(simulator, first);
    end(simulator, take(simulator) as Job);
    expect(shown(simulator)).toEqual(['success', 'cancelled', 'success']);
  });

  it('lets many wait with `queue: max`, and ends what runs with `cancel-in-progress`', async () => {
    await using github = await withWorkflows({ orch: grouped(', queue: max') });
    const { simulator } = github;
    for (const text of ['one', 'two', 'three']) await say(github, text);
    for (const _ of [1, 2, 3]) end(simulator, take(simulator) as Job);
    expect(shown(simulator)).toEqual(['success', 'success', 'success']);

    await using other = await withWorkflows({ orch: grouped(', cancel-in-progress: true') });
    await say(other, 'one');
    const running = take(other.simulator) as Job;
    await say(other, 'two');
    expect(running.cancelled.aborted).toBe(true);
    end(other.simulator, running, 'cancelled');
    expect(shown(other.simulator)).toEqual(['cancelled', 'queued']);
  });

  it('of whole runs has a comment that asks for nothing take the place of one that waits', async () => {
    const orch = ON_COMMENT.replace('jobs:', `concurrency: orch-\${{ github.event.issue.number }}\njobs:`);
    await using github = await withWorkflows({ orch });
    const { simulator } = github;
    for (const text of ['/orch one', '/orch two', 'thanks!']) await say(github, text);
    expect(shown(simulator)).toEqual(['queued', 'cancelled', 'pending']);
    const call = await github.installation();
    const { body } = await call('GET', `/repos/${REPOSITORY}/actions/runs?status=pending`);
    expect(body.total_count).toBe(1);
    end(simulator, take(simulator, 'orch') as Job);
    expect(shown(simulator)).toEqual(['success', 'cancelled', 'skipped']);
    expect(github.validation.violations).toEqual([]);
  });
});

describe('by hand', () => {
  const DISPATCHED = `
name: Orch run
run-name: Orch \${{ inputs.run }}
on:
  workflow_dispatch:
    inputs: { run: { required: true }, order: { required: true }, more: { default: none } }
  repository_dispatch: { types: [orch] }
  schedule: [{ cron: "17 5 * * 1" }]
jobs:
  execute:
    runs-on: self-hosted
    steps: [{ uses: orch/orch/action@v1, with: { order: "\${{ inputs.order }}" } }]
`;

  it('a workflow is dispatched, looked at, cancelled and run again, as GitHub describes it', async () => {
    await using github = await withWorkflows({ orch: DISPATCHED });
    const { simulator } = github;
    const call = await github.installation();
    const at = `/repos/${REPOSITORY}/actions`;
    const inputs = { run: 'T1.1', order: '{}' };
    const body = { ref: 'main', inputs, return_run_details: true };
    const { body: started } = await call('POST', `${at}/workflows/orch.yml/dispatches`, body);
    const id = started.workflow_run_id;
    expect((await call('POST', `${at}/workflows/orch.yml/dispatches`, { ref: 'main', inputs })).status).toBe(
      204,
    );
    const { body: list } = await call('GET', `${at}/workflows/orch.yml/runs?event=workflow_dispatch`);
    expect(list.total_count).toBe(2);
    const job = take(simulator) as Job;
    expect(job).toMatchObject({ run: { id, attempt: 1 } });
    expect(job.event.payload).toMatchObject({ inputs: { ...inputs, more: 'none' }, ref: 'refs/heads/main' });
    simulator.workflows.runnerSide.report(job, {
      step: { name: 'Orch', number: 1 },
      status: 'completed',
      conclusion: 'success',
      annotations: [
        {
          path: '.github',
          start_line: 1,
          end_line: 1,
          annotation_level: 'notice',
          message: 'told',
          title: 'Orch',
        },
      ],
    });
    const { body: jobs } = await call('GET', `${at}/runs/${id}/jobs`);
    expect(jobs.jobs).toMatchObject([
      { status: 'in_progress', runner_name: 'runner-1', steps: [{ name: 'Orch' }] },
    ]);
    const check = Number(jobs.jobs[0].check_run_url.split('/').at(-1));
    expect(check).toBe(job.id);
    const { body: told } = await call('GET', `/repos/${REPOSITORY}/check-runs/${check}/annotations`);
    expect(told).toMatchObject([{ title: 'Orch', message: 'told', annotation_level: 'notice' }]);

    expect((await call('POST', `${at}/runs/${id}/rerun`)).status).toBe(403);
    expect((await call('POST', `${at}/runs/${id}/cancel`)).status).toBe(202);
    expect(job.cancelled.aborted).toBe(true);
    end(simulator, job, 'cancelled');
    const { body: over } = await call('GET', `${at}/runs/${id}`);
    expect(over).toMatchObject({ display_title: 'Orch T1.1', status: 'completed', conclusion: 'cancelled' });
    expect((await call('POST', `${at}/runs/${id}/cancel`)).status).toBe(409);
    expect((await call('POST', `${at}/runs/${id}/rerun`)).status).toBe(201);
    const { body: both } = await call('GET', `${at}/runs`);
    expect(both.workflow_runs.map((run: { run_attempt: number }) => run.run_attempt)).toEqual([1, 2]);

    const second = take(simulator) as Job;
    expect((await call('POST', `${at}/runs/${second.run.id}/force-cancel`)).status).toBe(202);
    end(simulator, second);
    expect(simulator.workflows.runs.get(second.run.id)?.conclusion).toBe('cancelled');
  });

  it('what is wrong is refused', async () => {
    await using github = await withWorkflows({ orch: DISPATCHED, plain: ON_COMMENT });
    const call = await github.installation();
    const at = `/repos/${REPOSITORY}/actions/workflows`;
    const inputs = { run: 'T1.1', order: '{}' };
    const tried = [
      ['orch.yml', { ref: 'nowhere', inputs }],
      ['orch.yml', { ref: 'main', inputs: { run: 'T1.1' } }],
      ['orch.yml', { ref: 'main', inputs: { ...inputs, strange: 'x' } }],
      ['orch.yml', { ref: 'main', inputs: { ...inputs, order: 'x'.repeat(65_535) } }],
      ['plain.yml', { ref: 'main', inputs: {} }],
      ['none.yml', { ref: 'main', inputs }],
    ] as const;
    const statuses = [];
    for (const [file, body] of tried)
      statuses.push((await call('POST', `${at}/${file}/dispatches`, body)).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 404]);
    expect(github.simulator.workflows.runs.size).toBe(0);
  });

  it('a program elsewhere calls, and set times come', async () => {
    await using github = await withWorkflows({ orch: DISPATCHED });
    const { simulator } = github;
    const call = await github.installation();
    const wanted = { event_type: 'orch', client_payload: { task: 'tidy up' } };
    expect((await call('POST', `/repos/${REPOSITORY}/dispatches`, wanted)).status).toBe(204);
    await call('POST', `/repos/${REPOSITORY}/dispatches`, { event_type: 'other' });
    await simulator.idle();
    expect((take(simulator) as Job).event).toMatchObject({
      name: 'repository_dispatch',
      payload: { action: 'orch', client_payload: { task: 'tidy up' } },
    });
    expect(take(simulator)).toBeNull();
    const [repository] = simulator.world.repositories.values();
    if (repository) simulator.workflows.schedule(repository);
    await simulator.idle();
    expect((take(simulator) as Job).event.name).toBe('schedule');
  });
});

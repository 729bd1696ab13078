import { describe, expect, it } from 'vitest';
import { type TestGitHub, testGitHub } from '../support/github.ts';

const RUNS = '/repos/acme/shop/check-runs';

async function tip(github: TestGitHub): Promise<string> {
  return (await github.as('ada')('GET', '/repos/acme/shop/git/ref/heads/main')).body.object.sha;
}

describe('check runs', () => {
  it('go from queued to completed on their commit', async () => {
    await using github = await testGitHub();
    const head_sha = await tip(github);
    const app = await github.installation();
    const { status, body } = await app('POST', RUNS, { name: 'Orch T1', head_sha, external_id: 'T1' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'queued',
      conclusion: null,
      head_sha,
      app: { slug: 'orch-simulated' },
    });
    const path = `${RUNS}/${body.id}`;
    await app('PATCH', path, {
      status: 'in_progress',
      started_at: '2026-11-20T12:00:00Z',
      details_url: 'http://x/1',
    });
    const output = { title: 'Done', summary: 'All well', text: 'Long' };
    const done = await app('PATCH', path, { status: 'completed', conclusion: 'success', output });
    expect(done.body).toMatchObject({
      status: 'completed',
      conclusion: 'success',
      started_at: '2026-11-20T12:00:00Z',
      output,
    });
    expect((await app('GET', path)).body).toEqual(done.body);
    expect(await github.events()).toEqual(['check_run.created', 'check_run.completed']);
    expect(github.received[1]?.payload.check_run.check_suite.head_branch).toBe('main');
  });

  it('name the pull request their commit is the head of', async () => {
    await using github = await testGitHub();
    const head_sha = await github.simulator.pushCommit('acme/shop', 'fix', { a: '1' }, 'ada');
    await github.simulator.openPull('acme/shop', { title: 'Fix', head: 'fix', base: 'main', user: 'ada' });
    const app = await github.installation();
    const { body } = await app('POST', RUNS, {
      name: 'Orch',
      head_sha,
      status: 'completed',
      conclusion: 'neutral',
    });
    expect(body.pull_requests).toMatchObject([{ number: 1, head: { ref: 'fix' } }]);
    expect((await github.events()).slice(-2)).toEqual(['check_run.created', 'check_run.completed']);
  });

  it('are refused for unknown commits, without conclusion, with too many or too long buttons, from people', async () => {
    await using github = await testGitHub();
    const head_sha = await tip(github);
    const app = await github.installation();
    const post = (change: object) => app('POST', RUNS, { name: 'Orch', head_sha, ...change });
    const action = { label: 'Cancel', description: 'Stops the task', identifier: 'cancel' };
    expect(await post({ head_sha: '1'.repeat(40) })).toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/No commit found/) },
    });
    expect(await post({ status: 'completed' })).toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/conclusion/) },
    });
    expect((await post({ actions: [action, action, action, action] })).status).toBe(422);
    expect((await post({ actions: [{ ...action, label: 'x'.repeat(21) }] })).status).toBe(422);
    expect((await post({ actions: [{ ...action, description: 'x'.repeat(41) }] })).status).toBe(422);
    expect((await post({ actions: [{ ...action, identifier: 'x'.repeat(21) }] })).status).toBe(422);
    expect((await post({ actions: [action] })).status).toBe(201);
    expect((await github.as('ada')('POST', RUNS, { name: 'Orch', head_sha })).status).toBe(403);
    expect((await app('GET', `${RUNS}/1`)).status).toBe(404);
  });

  it('have buttons that people who can write click', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    const actions = [{ label: 'Cancel', description: 'Stops the task', identifier: 'cancel' }];
    const app = await github.installation();
    const { body } = await app('POST', RUNS, { name: 'Orch', head_sha: await tip(github), actions });
    await simulator.clickCheckAction('acme/shop', body.id, 'cancel', 'ada');
    await expect(simulator.clickCheckAction('acme/shop', body.id, 'retry', 'ada')).rejects.toThrow(
      'Not Found',
    );
    await expect(simulator.clickCheckAction('acme/shop', body.id, 'cancel', 'rita')).rejects.toThrow(
      'Must have',
    );
    await simulator.rerequestCheck('acme/shop', body.id, 'ada');
    expect((await app('POST', `${RUNS}/${body.id}/rerequest`)).status).toBe(201);
    expect(await github.events()).toEqual([
      'check_run.created',
      'check_run.requested_action',
      'check_run.rerequested',
      'check_run.rerequested',
    ]);
    expect(github.received[1]?.payload).toMatchObject({
      requested_action: { identifier: 'cancel' },
      sender: { login: 'ada' },
    });
  });

  it('gather annotations', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const note = (line: number) => ({
      path: 'README.md',
      start_line: line,
      end_line: line,
      annotation_level: 'warning',
      message: `Line ${line}`,
    });
    const output = { title: 't', summary: 's', annotations: [note(1)] };
    const { body } = await app('POST', RUNS, { name: 'Orch', head_sha: await tip(github), output });
    await app('PATCH', `${RUNS}/${body.id}`, {
      output: { title: 't', summary: 's', annotations: [note(2)] },
    });
    expect((await app('GET', `${RUNS}/${body.id}`)).body.output.annotations_count).toBe(2);
    const list = await app('GET', `${RUNS}/${body.id}/annotations`);
    expect(list.body.map((one: { message: string }) => one.message)).toEqual(['Line 1', 'Line 2']);
  });

  it('are listed by ref: the latest of each name, or all', async () => {
    await using github = await testGitHub();
    const head_sha = await tip(github);
    const app = await github.installation();
    for (const name of ['a', 'a', 'b']) await app('POST', RUNS, { name, head_sha });
    const names = async (query: string) => {
      const { body } = await app('GET', `/repos/acme/shop/commits/main/check-runs?${query}`);
      return body.check_runs.map((run: { name: string }) => run.name);
    };
    expect(await names('')).toEqual(['b', 'a']);
    expect(await names('filter=all')).toEqual(['b', 'a', 'a']);
    expect(await names('check_name=a&status=queued')).toEqual(['a']);
    expect((await app('GET', '/repos/acme/shop/commits/none/check-runs')).status).toBe(422);
  });
});

describe('commit statuses', () => {
  it('are combined: the worst of the latest of each context', async () => {
    await using github = await testGitHub({
      app: { permissions: { statuses: 'write', contents: 'read' }, events: ['status'] },
    });
    const sha = await tip(github);
    const app = await github.installation();
    const combined = async () => (await app('GET', '/repos/acme/shop/commits/main/status')).body;
    expect(await combined()).toMatchObject({ state: 'pending', total_count: 0 });
    const post = (body: object) => app('POST', `/repos/acme/shop/statuses/${sha}`, body);
    expect(
      (await post({ state: 'failure', context: 'ci', description: 'No', target_url: 'http://x/1' })).status,
    ).toBe(201);
    await post({ state: 'success' });
    expect(await combined()).toMatchObject({ state: 'failure', total_count: 2 });
    await post({ state: 'success', context: 'ci' });
    expect(await combined()).toMatchObject({ state: 'success', total_count: 2, sha });
    expect((await app('GET', '/repos/acme/shop/commits/main/statuses')).body).toHaveLength(3);
    expect(
      (await app('POST', `/repos/acme/shop/statuses/${'1'.repeat(40)}`, { state: 'success' })).status,
    ).toBe(422);
    expect(await github.events()).toEqual(['status', 'status', 'status']);
  });
});

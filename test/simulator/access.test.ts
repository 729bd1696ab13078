import { describe, expect, it } from 'vitest';
import { type Client, manualClock, testGitHub } from '../support/github.ts';

const MINUTE = 60_000;

describe('each route asks for its permission', () => {
  const issue = { title: 'x' };
  const cases: [
    method: string,
    path: string,
    body: unknown,
    permission: string,
    enough: string,
    tooLittle: string | null,
  ][] = [
    ['GET', '/issues', undefined, 'issues', 'read', null],
    ['POST', '/issues', issue, 'issues', 'write', 'read'],
    ['POST', '/issues/1/comments', { body: 'x' }, 'issues', 'write', 'read'],
    ['POST', '/issues/1/reactions', { content: 'eyes' }, 'issues', 'write', 'read'],
    ['GET', '/contents/README.md', undefined, 'contents', 'read', null],
    ['POST', '/git/blobs', { content: 'x' }, 'contents', 'write', 'read'],
    ['GET', '/pulls', undefined, 'pull_requests', 'read', null],
    ['GET', '/commits/main/check-runs', undefined, 'checks', 'read', null],
    ['GET', '/commits/main/status', undefined, 'statuses', 'read', null],
  ];

  it.each(cases)('%s %s', async (method, path, body, permission, enough, tooLittle) => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'One', user: 'ada' });
    const use = (client: Client) => client(method, `/repos/acme/shop${path}`, body);
    const good = await use(await github.installation({ permissions: { [permission]: enough } }));
    expect(good.status).toBeLessThan(300);
    const bad = await github.installation({
      permissions: tooLittle ? { [permission]: tooLittle } : { metadata: 'read' },
    });
    const refused = await use(bad);
    expect(refused).toMatchObject({
      status: 403,
      body: { message: 'Resource not accessible by integration', status: '403' },
    });
    expect(refused.headers.get('x-accepted-github-permissions')).toContain(`${permission}=${enough}`);
  });

  it('takes the permission on pull requests for comments on pull requests only', async () => {
    await using github = await testGitHub();
    await github.simulator.pushCommit('acme/shop', 'fix', { a: '1' }, 'ada');
    await github.simulator.openIssue('acme/shop', { title: 'One', user: 'ada' });
    await github.simulator.openPull('acme/shop', { title: 'Fix', head: 'fix', base: 'main', user: 'ada' });
    const token = await github.installation({ permissions: { pull_requests: 'write' } });
    expect((await token('POST', '/repos/acme/shop/issues/1/comments', { body: 'x' })).status).toBe(403);
    expect((await token('POST', '/repos/acme/shop/issues/2/comments', { body: 'x' })).status).toBe(201);
  });
});

describe('people', () => {
  it.each([
    ['otto', 404, 404, 404],
    ['rita', 200, 403, 403],
    ['tess', 200, 200, 403],
    ['ada', 200, 200, 201],
  ])('%s reads %i, labels %i, makes a branch %i', async (login, read, label, branch) => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'One', user: 'ada' });
    const person = github.as(login);
    const { body } = await github.as('ada')('GET', '/repos/acme/shop/git/ref/heads/main');
    const ref = { ref: 'refs/heads/new', sha: body.object.sha };
    expect((await person('GET', '/repos/acme/shop')).status).toBe(read);
    expect((await person('POST', '/repos/acme/shop/issues/1/labels', { labels: ['bug'] })).status).toBe(
      label,
    );
    expect((await person('POST', '/repos/acme/shop/git/refs', ref)).status).toBe(branch);
  });

  it('without token read what is public and nothing else', async () => {
    await using github = await testGitHub();
    await github.simulator.createRepository({ owner: 'acme', name: 'open', files: { a: '' } });
    expect((await github.anonymous('GET', '/repos/acme/open')).status).toBe(200);
    expect((await github.anonymous('GET', '/repos/acme/shop')).status).toBe(404);
    const refused = await github.anonymous('POST', '/repos/acme/open/issues', { title: 'x' });
    expect(refused).toMatchObject({ status: 401, body: { message: 'Requires authentication' } });
    const wrong = await github.anonymous('GET', '/repos/acme/open', undefined, {
      authorization: 'Bearer nonsense',
    });
    expect(wrong).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
  });

  it('are shown to themselves, and to others by login', async () => {
    await using github = await testGitHub();
    const ada = github.as('ada');
    expect((await ada('GET', '/user')).body.login).toBe('ada');
    expect((await ada('GET', '/users/orch-simulated%5Bbot%5D')).body).toMatchObject({ type: 'Bot' });
    expect((await ada('GET', '/users/nobody')).status).toBe(404);
    expect((await github.anonymous('GET', '/user')).status).toBe(401);
    expect((await (await github.installation())('GET', '/user')).status).toBe(403);
  });

  it('have the role they were given as collaborators', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const role = async (login: string) => {
      const { body } = await app('GET', `/repos/acme/shop/collaborators/${login}/permission`);
      return [body.permission, body.role_name];
    };
    expect(await role('ada')).toEqual(['write', 'write']);
    expect(await role('tess')).toEqual(['read', 'triage']);
    expect(await role('rita')).toEqual(['read', 'read']);
    expect(await role('otto')).toEqual(['none', 'none']);
    expect(await role('acme')).toEqual(['admin', 'admin']);
    expect((await app('GET', '/repos/acme/shop/collaborators/nobody/permission')).status).toBe(404);
  });

  it('are made collaborators by admins', async () => {
    await using github = await testGitHub();
    const owner = github.as('acme');
    expect((await github.as('ada')('PUT', '/repos/acme/shop/collaborators/otto')).status).toBe(403);
    expect(
      (await owner('PUT', '/repos/acme/shop/collaborators/otto', { permission: 'maintain' })).status,
    ).toBe(204);
    expect((await owner('GET', '/repos/acme/shop/collaborators/otto')).status).toBe(204);
    const { body } = await owner('GET', '/repos/acme/shop/collaborators?per_page=1&page=4');
    expect(body).toMatchObject([
      { login: 'otto', role_name: 'maintain', permissions: { push: true, admin: false } },
    ]);
    expect((await owner('DELETE', '/repos/acme/shop/collaborators/otto')).status).toBe(204);
    expect((await owner('GET', '/repos/acme/shop/collaborators/otto')).status).toBe(404);
  });
});

describe('rate limits', () => {
  it('are told on every answer and by their own address', async () => {
    const clock = manualClock();
    await using github = await testGitHub({ clock });
    const token = await github.installation();
    const { headers } = await token('GET', '/repos/acme/shop');
    expect(headers.get('x-ratelimit-limit')).toBe('5000');
    expect(headers.get('x-ratelimit-remaining')).toBe('4999');
    expect(headers.get('x-github-request-id')).toMatch(/^[0-9A-F]+$/);
    const { body } = await token('GET', '/rate_limit');
    expect(body.rate).toMatchObject({ limit: 5000, used: 2, reset: Math.floor(clock.now() / 1000) + 3600 });
  });

  it('refuse when used up, until the hour is over', async () => {
    const clock = manualClock();
    await using github = await testGitHub({ clock });
    const statuses: number[] = [];
    for (let count = 0; count < 61; count += 1)
      statuses.push((await github.anonymous('GET', '/users/ada')).status);
    expect(statuses.filter(status => status === 200)).toHaveLength(59);
    expect(statuses.at(-1)).toBe(403);
    clock.advance(60 * MINUTE);
    expect((await github.anonymous('GET', '/users/ada')).status).toBe(200);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appJwt, manualClock, type TestGitHub, testGitHub } from '../support/github.ts';

const MINUTE = 60_000;

async function withJwt(github: TestGitHub, jwt: string): Promise<{ status: number; message: string }> {
  const response = await fetch(`${github.simulator.url}/api/v3/app`, {
    headers: { authorization: `Bearer ${jwt}` },
  });
  const { message } = (await response.json()) as { message: string };
  return { status: response.status, message };
}

describe('the JSON web token of an App', () => {
  it('is taken when the App signed it, by id or client id', async () => {
    await using github = await testGitHub();
    const { body } = await github.app('GET', '/app');
    expect(body).toMatchObject({
      slug: 'orch-simulated',
      installations_count: 1,
      events: expect.arrayContaining(['issues']),
    });
    const iss = github.simulator.world.app.clientId;
    expect((await withJwt(github, appJwt(github.simulator, { claims: { iss } }))).status).toBe(200);
  });

  it('is refused when expired, too long-lived, of the future, of another key, algorithm or App', async () => {
    await using github = await testGitHub();
    const now = Math.floor(Date.now() / 1000);
    const key = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
    const refused = (given: Parameters<typeof appJwt>[1]) => withJwt(github, appJwt(github.simulator, given));
    expect(await refused({ claims: { exp: now - 1 } })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/'exp'.*future time/),
    });
    expect(await refused({ claims: { exp: now + 3600 } })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/too far in the future/),
    });
    expect(await refused({ claims: { iat: now + 300 } })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/'iat'/),
    });
    expect(await refused({ claims: { iat: 'now' } })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/could not be decoded/),
    });
    expect(await refused({ key })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/could not be decoded/),
    });
    expect(await refused({ alg: 'none' })).toMatchObject({
      status: 401,
      message: expect.stringMatching(/could not be decoded/),
    });
    expect(await refused({ claims: { iss: '7' } })).toMatchObject({
      status: 404,
      message: 'Integration not found',
    });
    expect(await withJwt(github, 'a.b.c')).toMatchObject({
      status: 401,
      message: expect.stringMatching(/could not be decoded/),
    });
  });

  it('opens nothing inside a repository, and installation tokens open nothing of the App', async () => {
    await using github = await testGitHub();
    expect((await github.app('GET', '/repos/acme/shop')).status).toBe(403);
    const installation = await github.installation();
    expect((await installation('GET', '/app')).status).toBe(401);
    expect((await github.anonymous('GET', '/app')).status).toBe(401);
  });
});

describe('installations', () => {
  it('are listed, got by id and found by repository', async () => {
    await using github = await testGitHub();
    const { body } = await github.app('GET', '/app/installations');
    expect(body).toMatchObject([
      { account: { login: 'acme' }, repository_selection: 'all', suspended_at: null },
    ]);
    expect((await github.app('GET', `/app/installations/${body[0].id}`)).body.id).toBe(body[0].id);
    expect((await github.app('GET', '/repos/acme/shop/installation')).body.id).toBe(body[0].id);
    expect((await github.app('GET', '/repos/acme/none/installation')).status).toBe(404);
    expect((await github.app('GET', '/app/installations/1')).status).toBe(404);
  });

  it('give no tokens and take none while suspended', async () => {
    await using github = await testGitHub();
    const token = await github.installation();
    const [{ id }] = (await github.app('GET', '/app/installations')).body;
    expect((await github.app('PUT', `/app/installations/${id}/suspended`)).status).toBe(204);
    expect((await token('GET', '/repos/acme/shop')).status).toBe(403);
    expect((await github.app('POST', `/app/installations/${id}/access_tokens`)).status).toBe(403);
    await github.simulator.openIssue('acme/shop', { title: 'Unheard', user: 'ada' });
    expect((await github.app('DELETE', `/app/installations/${id}/suspended`)).status).toBe(204);
    expect((await token('GET', '/repos/acme/shop')).status).toBe(200);
    expect(await github.events()).toEqual(['installation.suspend', 'installation.unsuspend']);
  });

  it('end with their tokens', async () => {
    await using github = await testGitHub();
    const token = await github.installation();
    const [{ id }] = (await github.app('GET', '/app/installations')).body;
    expect((await github.app('DELETE', `/app/installations/${id}`)).status).toBe(204);
    expect((await token('GET', '/repos/acme/shop')).status).toBe(401);
    expect(await github.events()).toEqual(['installation.deleted']);
  });

  it('on chosen repositories reach only these, and change', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    simulator.addUser('umbrella', { type: 'Organization' });
    for (const name of ['open', 'closed'])
      await simulator.createRepository({ owner: 'umbrella', name, private: true });
    const installation = simulator.installApp('umbrella', { repositories: ['umbrella/open'] });
    const { body } = await github.app('POST', `/app/installations/${installation.id}/access_tokens`);
    expect(body.repository_selection).toBe('selected');
    const get = async (name: string) => {
      const headers = { authorization: `Bearer ${body.token}` };
      return (await github.anonymous('GET', `/repos/umbrella/${name}`, undefined, headers)).status;
    };
    expect([await get('open'), await get('closed')]).toEqual([200, 404]);
    simulator.selectRepository(installation, 'umbrella/closed', true);
    simulator.selectRepository(installation, 'umbrella/open', false);
    expect([await get('open'), await get('closed')]).toEqual([404, 200]);
    const events = await github.events();
    expect(events).toEqual([
      'installation.created',
      'installation_repositories.added',
      'installation_repositories.removed',
    ]);
  });
});

describe('installation tokens', () => {
  it('expire after an hour', async () => {
    const clock = manualClock();
    await using github = await testGitHub({ clock });
    const token = await github.installation();
    clock.advance(59 * MINUTE);
    expect((await token('GET', '/repos/acme/shop')).status).toBe(200);
    clock.advance(MINUTE);
    expect(await token('GET', '/repos/acme/shop')).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials', status: '401' },
    });
  });

  it('say what they hold, never more than the App', async () => {
    await using github = await testGitHub();
    const [{ id }] = (await github.app('GET', '/app/installations')).body;
    const ask = (body: object) => github.app('POST', `/app/installations/${id}/access_tokens`, body);
    const narrowed = await ask({ repositories: ['shop'], permissions: { issues: 'read' } });
    expect(narrowed.body).toMatchObject({
      permissions: { issues: 'read', metadata: 'read' },
      repository_selection: 'selected',
      repositories: [{ full_name: 'acme/shop' }],
    });
    expect((await ask({ permissions: { organization_hooks: 'write' } })).status).toBe(422);
    expect((await ask({ repositories: ['elsewhere'] })).status).toBe(422);
    expect((await ask({ repository_ids: [1] })).status).toBe(422);
  });

  it('reach only the repositories they were asked for', async () => {
    await using github = await testGitHub();
    await github.simulator.createRepository({
      owner: 'acme',
      name: 'other',
      private: true,
      files: { a: '' },
    });
    await github.simulator.createRepository({ owner: 'acme', name: 'open', files: { a: '' } });
    const token = await github.installation({ repositories: ['shop'] });
    expect((await token('GET', '/repos/acme/shop')).status).toBe(200);
    expect((await token('GET', '/repos/acme/other')).status).toBe(404);
    expect((await token('GET', '/repos/acme/open')).status).toBe(200);
    expect((await token('POST', '/repos/acme/open/issues', { title: 'x' })).status).toBe(403);
    const { body } = await token('GET', '/installation/repositories');
    expect(body).toMatchObject({ total_count: 1, repositories: [{ name: 'shop' }] });
  });

  it('can be given back', async () => {
    await using github = await testGitHub();
    const token = await github.installation();
    expect((await token('DELETE', '/installation/token')).status).toBe(204);
    expect((await token('GET', '/repos/acme/shop')).status).toBe(401);
    expect((await github.as('ada')('GET', '/installation/repositories')).status).toBe(403);
  });
});

import { describe, expect, it } from 'vitest';
import { testGitHub } from '../support/github.ts';

const permission = (login: string) => `/repos/acme/shop/collaborators/${login}/permission`;

describe('a team', () => {
  it('gives its members a role, and tells an App that may ask who they are', async () => {
    await using github = await testGitHub({ app: { permissions: { members: 'read' } } });
    const { simulator } = github;
    const team = simulator.createTeam('acme', 'core', ['otto', 'rita']);
    team.members.set(simulator.addUser('newcomer').id, 'pending');
    simulator.addTeam('acme/shop', team, 'maintain');
    const app = await github.installation();

    expect((await app('GET', permission('otto'))).body).toMatchObject({
      permission: 'write',
      role_name: 'maintain',
    });
    expect((await app('GET', permission('rita'))).body.role_name).toBe('maintain');
    expect((await app('GET', permission('newcomer'))).body.role_name).toBe('none');

    const membership = (login: string) => app('GET', `/orgs/acme/teams/core/memberships/${login}`);
    expect(await membership('otto')).toMatchObject({ status: 200, body: { state: 'active' } });
    expect(await membership('newcomer')).toMatchObject({ status: 200, body: { state: 'pending' } });
    expect(await membership('ada')).toMatchObject({ status: 404 });
    expect(await app('GET', '/orgs/acme/teams/none/memberships/otto')).toMatchObject({ status: 404 });
  });

  it('is not told of to an App without that permission', async () => {
    await using github = await testGitHub();
    github.simulator.createTeam('acme', 'core', ['otto']);
    const app = await github.installation();
    const answer = await app('GET', '/orgs/acme/teams/core/memberships/otto');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-accepted-github-permissions')).toBe('members=read');
  });
});

it('a renamed user is found by number, and the old login may be somebody else’s', async () => {
  await using github = await testGitHub();
  const { simulator } = github;
  const { id } = simulator.world.users.get('ada') as { id: number };
  simulator.renameUser('ada', 'lovelace');
  const app = await github.installation();
  expect((await app('GET', permission('ada'))).status).toBe(404);
  expect((await app('GET', `/user/${id}`)).body).toMatchObject({ id, login: 'lovelace' });
  expect((await app('GET', permission('lovelace'))).body).toMatchObject({ role_name: 'write', user: { id } });
  const other = simulator.addUser('ada');
  expect((await app('GET', permission('ada'))).body).toMatchObject({
    role_name: 'none',
    user: { id: other.id },
  });
});

it('a suspended user is as good as not there', async () => {
  await using github = await testGitHub();
  const ada = github.as('ada');
  const app = await github.installation();
  github.simulator.suspendUser('ada');
  expect(await ada('GET', '/repos/acme/shop')).toMatchObject({ status: 403 });
  expect((await app('GET', permission('ada'))).status).toBe(404);
  expect((await app('GET', '/users/ada')).status).toBe(404);
});

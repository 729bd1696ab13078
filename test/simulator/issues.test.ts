import { describe, expect, it } from 'vitest';
import { testGitHub } from '../support/github.ts';

describe('issues', () => {
  it('are opened by the App as its bot', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const { status, body } = await app('POST', '/repos/acme/shop/issues', {
      title: 'Broken',
      body: 'See log',
      labels: ['bug'],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      number: 1,
      user: { login: 'orch-simulated[bot]', type: 'Bot' },
      performed_via_github_app: { slug: 'orch-simulated' },
      labels: [{ name: 'bug' }],
    });
    expect(await github.events()).toEqual(['issues.opened', 'label.created', 'issues.labeled']);
  });

  it('change title, state, labels and assignees in one request', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita', labels: ['old'] });
    const app = await github.installation();
    const change = {
      title: 'Still broken',
      state: 'closed',
      state_reason: 'not_planned',
      labels: ['new'],
      assignees: ['ada', 'otto'],
    };
    const { status, body } = await app('PATCH', '/repos/acme/shop/issues/1', change);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      title: 'Still broken',
      state: 'closed',
      state_reason: 'not_planned',
      closed_by: { type: 'Bot' },
    });
    expect(body.assignees.map((user: { login: string }) => user.login)).toEqual(['ada']);
    const reopened = await app('PATCH', '/repos/acme/shop/issues/1', { state: 'open', assignees: [] });
    expect(reopened.body).toMatchObject({
      state: 'open',
      state_reason: 'reopened',
      closed_at: null,
      assignees: [],
    });
    expect(await github.events()).toEqual([
      'issues.opened',
      'issues.edited',
      'label.created',
      'issues.labeled',
      'issues.assigned',
      'issues.closed',
      'issues.unassigned',
      'issues.reopened',
    ]);
  });

  it('are listed open and newest first, a page at a time', async () => {
    await using github = await testGitHub();
    for (const title of ['one', 'two', 'three'])
      await github.simulator.openIssue('acme/shop', { title, user: 'ada' });
    await github.simulator.setState('acme/shop', 2, 'closed', 'ada');
    const rita = github.as('rita');
    const first = await rita('GET', '/repos/acme/shop/issues?per_page=1');
    expect(first.body.map((issue: { title: string }) => issue.title)).toEqual(['three']);
    const next = `${github.simulator.url}/api/v3/repos/acme/shop/issues?per_page=1&page=2`;
    expect(first.headers.get('link')).toBe(`<${next}>; rel="next", <${next}>; rel="last"`);
    const second = await rita('GET', '/repos/acme/shop/issues?per_page=1&page=2');
    expect(second.body[0].title).toBe('one');
    expect(second.headers.get('link')).toContain('rel="prev"');
    const all = await rita('GET', '/repos/acme/shop/issues?state=all&direction=asc');
    expect(all.body).toHaveLength(3);
    expect(all.headers.get('link')).toBeNull();
  });

  it('are filtered by label, author, assignee and time', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'one', user: 'ada', labels: ['bug', 'orch'] });
    await github.simulator.openIssue('acme/shop', { title: 'two', user: 'rita' });
    const ada = github.as('ada');
    await ada('POST', '/repos/acme/shop/issues/2/assignees', { assignees: ['tess'] });
    const titles = async (query: string) => {
      const { body } = await ada('GET', `/repos/acme/shop/issues?${query}`);
      return body.map((issue: { title: string }) => issue.title);
    };
    expect(await titles('labels=bug,orch')).toEqual(['one']);
    expect(await titles('creator=rita')).toEqual(['two']);
    expect(await titles('assignee=tess')).toEqual(['two']);
    expect(await titles('since=2100-01-01T00:00:00Z')).toEqual([]);
    await ada('DELETE', '/repos/acme/shop/issues/2/assignees', { assignees: ['tess'] });
    expect(await titles('assignee=tess')).toEqual([]);
  });

  it('drop labels and assignees of people who may not set them', async () => {
    await using github = await testGitHub();
    const { body } = await github.as('rita')('POST', '/repos/acme/shop/issues', {
      title: 'x',
      labels: ['bug'],
      assignees: ['ada'],
    });
    expect(body).toMatchObject({ labels: [], assignees: [] });
  });

  it('take comments of people who can write only, once locked', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Hot', user: 'ada' });
    const ada = github.as('ada');
    expect((await ada('PUT', '/repos/acme/shop/issues/1/lock', { lock_reason: 'too heated' })).status).toBe(
      204,
    );
    expect((await ada('PUT', '/repos/acme/shop/issues/1/lock', { lock_reason: 'boring' })).status).toBe(422);
    const refused = await github.as('rita')('POST', '/repos/acme/shop/issues/1/comments', { body: 'But!' });
    expect(refused).toMatchObject({
      status: 403,
      body: { message: 'Unable to create comment because issue is locked.' },
    });
    expect((await ada('POST', '/repos/acme/shop/issues/1/comments', { body: 'Done.' })).status).toBe(201);
    expect((await ada('DELETE', '/repos/acme/shop/issues/1/lock')).status).toBe(204);
    expect(await github.events()).toEqual([
      'issues.opened',
      'issues.locked',
      'issue_comment.created',
      'issues.unlocked',
    ]);
  });

  it('are edited by their author and by people in triage, not by others', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Mine', user: 'ada' });
    const path = '/repos/acme/shop/issues/1';
    expect((await github.as('rita')('PATCH', path, { title: 'Hers' })).status).toBe(404);
    expect((await github.as('tess')('PATCH', path, { title: 'Ours' })).status).toBe(200);
    expect((await github.as('ada')('PATCH', path, { title: 'Mine' })).body.title).toBe('Mine');
  });

  it('refuse an empty title and what is no JSON, in the words of GitHub', async () => {
    await using github = await testGitHub();
    const ada = github.as('ada');
    const refused = await ada('POST', '/repos/acme/shop/issues', { body: 'no title' });
    expect(refused).toMatchObject({
      status: 422,
      body: { status: '422', documentation_url: expect.any(String) },
    });
    expect(refused.body.message).toContain('"title"');
    const broken = await fetch(`${github.simulator.url}/api/v3/repos/acme/shop/issues`, {
      method: 'POST',
      headers: { authorization: `token ${github.simulator.userToken('ada')}` },
      body: '{',
    });
    expect(await broken.json()).toMatchObject({ message: 'Problems parsing JSON' });
    expect((await ada('GET', '/repos/acme/shop/issues/7')).status).toBe(404);
  });

  it('say who can be assigned', async () => {
    await using github = await testGitHub();
    const ada = github.as('ada');
    const { body } = await ada('GET', '/repos/acme/shop/assignees');
    expect(body.map((user: { login: string }) => user.login)).toEqual(['acme', 'ada', 'tess', 'rita']);
    expect((await ada('GET', '/repos/acme/shop/assignees/Tess')).status).toBe(204);
    expect((await ada('GET', '/repos/acme/shop/assignees/otto')).status).toBe(404);
  });
});

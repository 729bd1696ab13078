import { describe, expect, it } from 'vitest';
import { testGitHub } from '../support/github.ts';

const SHOP = '/repos/acme/shop';

describe('comments', () => {
  it('are written, edited, listed and deleted, each told to the App', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    await simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita' });
    const { id } = await simulator.comment('acme/shop', 1, '/orch fix it', 'ada');
    await simulator.editComment('acme/shop', id, '/orch fix it now', 'ada');
    const app = await github.installation();
    const own = await app('POST', `${SHOP}/issues/1/comments`, { body: 'On it' });
    expect(own.body).toMatchObject({
      user: { login: 'orch-simulated[bot]' },
      performed_via_github_app: { id: expect.any(Number) },
    });
    const changed = await app('PATCH', `${SHOP}/issues/comments/${own.body.id}`, { body: 'Done' });
    expect(changed.body.body).toBe('Done');
    const list = await app('GET', `${SHOP}/issues/1/comments`);
    expect(list.body.map((one: { body: string }) => one.body)).toEqual(['/orch fix it now', 'Done']);
    expect((await app('GET', `${SHOP}/issues/comments?since=2100-01-01T00:00:00Z`)).body).toEqual([]);
    expect((await app('GET', `${SHOP}/issues/comments/${id}`)).body.author_association).toBe('COLLABORATOR');
    await simulator.deleteComment('acme/shop', id, 'ada');
    expect((await app('DELETE', `${SHOP}/issues/comments/${own.body.id}`)).status).toBe(204);
    expect((await app('GET', `${SHOP}/issues/comments/${id}`)).status).toBe(404);
    expect((await app('GET', `${SHOP}/issues/1`)).body.comments).toBe(0);
    expect(await github.events()).toEqual([
      'issues.opened',
      'issue_comment.created',
      'issue_comment.edited',
      'issue_comment.created',
      'issue_comment.edited',
      'issue_comment.deleted',
      'issue_comment.deleted',
    ]);
    expect(github.received[2]?.payload.changes.body.from).toBe('/orch fix it');
  });

  it('are neither empty nor endless', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita' });
    const rita = github.as('rita');
    const post = async (body: string) => (await rita('POST', `${SHOP}/issues/1/comments`, { body })).status;
    expect(await post(' ')).toBe(422);
    expect(await post('x'.repeat(65_537))).toBe(422);
    expect(await post('x'.repeat(65_536))).toBe(201);
  });

  it('are changed by their author and by people who can write', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita' });
    const { id } = await github.simulator.comment('acme/shop', 1, 'Mine', 'tess');
    const edit = async (login: string) =>
      (await github.as(login)('PATCH', `${SHOP}/issues/comments/${id}`, { body: login })).status;
    expect([await edit('rita'), await edit('tess'), await edit('ada')]).toEqual([403, 200, 200]);
    expect((await github.as('rita')('DELETE', `${SHOP}/issues/comments/${id}`)).status).toBe(403);
  });
});

describe('reactions', () => {
  it('are given once by everybody, counted, and taken back by who gave them', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita' });
    const { id } = await github.simulator.comment('acme/shop', 1, '/orch fix it', 'ada');
    const app = await github.installation();
    for (const path of [`${SHOP}/issues/1`, `${SHOP}/issues/comments/${id}`]) {
      const first = await app('POST', `${path}/reactions`, { content: 'eyes' });
      expect(first).toMatchObject({ status: 201, body: { content: 'eyes', user: { type: 'Bot' } } });
      const again = await app('POST', `${path}/reactions`, { content: 'eyes' });
      expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
      await github.as('rita')('POST', `${path}/reactions`, { content: '+1' });
      expect((await app('GET', path)).body.reactions).toMatchObject({ total_count: 2, eyes: 1, '+1': 1 });
      expect((await app('GET', `${path}/reactions?content=%2B1`)).body).toMatchObject([
        { user: { login: 'rita' } },
      ]);
      expect((await github.as('rita')('DELETE', `${path}/reactions/${first.body.id}`)).status).toBe(404);
      expect((await app('DELETE', `${path}/reactions/${first.body.id}`)).status).toBe(204);
      expect((await app('POST', `${path}/reactions`, { content: 'sad' })).status).toBe(422);
    }
  });
});

describe('labels', () => {
  it('of a repository are made, changed and deleted', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const made = await app('POST', `${SHOP}/labels`, { name: 'orch', color: '00ff00', description: 'Do it' });
    expect(made).toMatchObject({ status: 201, body: { name: 'orch', color: '00ff00', default: false } });
    expect((await app('POST', `${SHOP}/labels`, { name: 'Orch' })).body.errors).toMatchObject([
      { code: 'already_exists' },
    ]);
    expect(
      (await app('PATCH', `${SHOP}/labels/orch`, { new_name: 'orch:now', color: '0000ff' })).body.name,
    ).toBe('orch:now');
    expect((await app('GET', `${SHOP}/labels/ORCH%3Anow`)).body).toMatchObject({
      color: '0000ff',
      description: 'Do it',
    });
    await app('POST', `${SHOP}/labels`, { name: 'other' });
    expect((await app('PATCH', `${SHOP}/labels/other`, { new_name: 'orch:now' })).status).toBe(422);
    expect((await app('GET', `${SHOP}/labels`)).body).toHaveLength(2);
    expect((await app('DELETE', `${SHOP}/labels/orch%3Anow`)).status).toBe(204);
    expect((await app('GET', `${SHOP}/labels/orch%3Anow`)).status).toBe(404);
    expect(await github.events()).toEqual(['label.created', 'label.created', 'label.deleted']);
  });

  it('of an issue are added, set, and taken off one by one or all', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    await simulator.openIssue('acme/shop', { title: 'Broken', user: 'rita' });
    await simulator.setLabel('acme/shop', 1, 'orch', 'tess');
    await simulator.unsetLabel('acme/shop', 1, 'orch', 'tess');
    const app = await github.installation();
    const path = `${SHOP}/issues/1/labels`;
    const names = ({ body }: { body: { name: string }[] }) => body.map(({ name }) => name);
    expect(names(await app('POST', path, { labels: ['a', 'b'] }))).toEqual(['a', 'b']);
    expect(names(await app('PUT', path, { labels: ['b', 'c'] }))).toEqual(['b', 'c']);
    expect(names(await app('DELETE', `${path}/b`))).toEqual(['c']);
    expect((await app('DELETE', `${path}/b`)).status).toBe(404);
    expect(names(await app('GET', path))).toEqual(['c']);
    expect((await app('DELETE', path)).status).toBe(204);
    expect(names(await app('GET', path))).toEqual([]);
    expect((await github.events()).filter(event => event.startsWith('issues.'))).toEqual([
      'issues.opened',
      'issues.labeled',
      'issues.unlabeled',
      'issues.labeled',
      'issues.labeled',
      'issues.unlabeled',
      'issues.labeled',
      'issues.unlabeled',
      'issues.unlabeled',
    ]);
  });
});

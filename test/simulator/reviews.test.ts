import { describe, expect, it } from 'vitest';
import { type TestGitHub, testGitHub } from '../support/github.ts';

const PULLS = '/repos/acme/shop/pulls';

/** A branch `fix` with one commit and pull request 1 from it. */
async function withPull(github: TestGitHub): Promise<string> {
  const head = await github.simulator.pushCommit(
    'acme/shop',
    'fix',
    { 'src/cart.js': 'export const total = 2;\n' },
    'ada',
    'Fix it',
  );
  await github.simulator.openPull('acme/shop', {
    title: 'Fix total',
    head: 'fix',
    base: 'main',
    user: 'ada',
  });
  return head;
}

describe('reviewers', () => {
  it('are asked if they are collaborators and not the author', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const app = await github.installation();
    const path = `${PULLS}/1/requested_reviewers`;
    const refused = await app('POST', path, { reviewers: ['tess', 'otto'] });
    expect(refused).toMatchObject({
      status: 422,
      body: { message: expect.stringMatching(/only be requested from collaborators.*acme\/shop/) },
    });
    expect((await app('POST', path, { reviewers: ['ada'] })).body.message).toContain('pull request author');
    expect((await app('POST', path, { reviewers: ['tess'] })).body.requested_reviewers).toMatchObject([
      { login: 'tess' },
    ]);
    expect((await app('GET', path)).body.users).toMatchObject([{ login: 'tess' }]);
    expect((await app('DELETE', path, { reviewers: ['tess'] })).body.requested_reviewers).toEqual([]);
    const events = await github.events();
    expect(events.slice(-2)).toEqual([
      'pull_request.review_requested',
      'pull_request.review_request_removed',
    ]);
  });

  it('approve, ask for changes and comment, but do not judge their own', async () => {
    await using github = await testGitHub();
    const head = await withPull(github);
    const tess = github.as('tess');
    const path = `${PULLS}/1/reviews`;
    expect((await github.as('ada')('POST', path, { event: 'APPROVE' })).status).toBe(422);
    expect((await tess('POST', path, { event: 'REQUEST_CHANGES' })).status).toBe(422);
    const { body } = await tess('POST', path, {
      event: 'REQUEST_CHANGES',
      body: 'Why two?',
      comments: [{ path: 'src/cart.js', line: 1, body: 'Here' }],
    });
    expect(body).toMatchObject({ state: 'CHANGES_REQUESTED', commit_id: head, user: { login: 'tess' } });
    expect((await tess('GET', `${path}/${body.id}`)).body.body).toBe('Why two?');
    expect((await tess('PUT', `${path}/${body.id}`, { body: 'Why?' })).body.body).toBe('Why?');
    const comments = await tess('GET', `${path}/${body.id}/comments`);
    expect(comments.body).toMatchObject([{ path: 'src/cart.js', body: 'Here' }]);
    const dismissed = await github.as('ada')('PUT', `${path}/${body.id}/dismissals`, {
      message: 'Two is right',
    });
    expect(dismissed.body.state).toBe('DISMISSED');
    await github.simulator.review('acme/shop', 1, { event: 'APPROVE', user: 'tess' });
    expect((await tess('GET', path)).body.map((review: { state: string }) => review.state)).toEqual([
      'DISMISSED',
      'APPROVED',
    ]);
    expect((await github.events()).slice(-4)).toEqual([
      'pull_request_review.submitted',
      'pull_request_review_comment.created',
      'pull_request_review.dismissed',
      'pull_request_review.submitted',
    ]);
  });

  it('can hold a review back and submit or throw it away later', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const tess = github.as('tess');
    const path = `${PULLS}/1/reviews`;
    const first = (await tess('POST', path, { body: 'Hm' })).body;
    expect(first.state).toBe('PENDING');
    expect((await tess('POST', `${path}/${first.id}/events`, { event: 'COMMENT' })).body.state).toBe(
      'COMMENTED',
    );
    expect((await tess('DELETE', `${path}/${first.id}`)).status).toBe(422);
    const second = (await tess('POST', path, {})).body;
    expect((await tess('DELETE', `${path}/${second.id}`)).status).toBe(200);
    expect((await tess('GET', `${path}/${second.id}`)).status).toBe(404);
  });

  it('comment on lines, answer, edit, delete and react', async () => {
    await using github = await testGitHub();
    const commit_id = await withPull(github);
    const tess = github.as('tess');
    const path = `${PULLS}/1/comments`;
    const { body } = await tess('POST', path, {
      body: 'Two?',
      commit_id,
      path: 'src/cart.js',
      line: 1,
      side: 'RIGHT',
    });
    expect(body).toMatchObject({
      line: 1,
      diff_hunk: expect.stringMatching(/^@@/),
      pull_request_review_id: expect.any(Number),
    });
    expect((await tess('POST', path, { body: 'x', commit_id, path: 'README.md', line: 1 })).status).toBe(422);
    const reply = (await github.as('ada')('POST', `${path}/${body.id}/replies`, { body: 'Yes' })).body;
    expect(reply.in_reply_to_id).toBe(body.id);
    const one = `${PULLS}/comments/${reply.id}`;
    expect((await github.as('rita')('PATCH', one, { body: 'No' })).status).toBe(403);
    expect((await github.as('ada')('PATCH', one, { body: 'Yes.' })).body.body).toBe('Yes.');
    const app = await github.installation();
    expect((await app('POST', `${one}/reactions`, { content: 'eyes' })).status).toBe(201);
    expect((await app('GET', one)).body.reactions.eyes).toBe(1);
    expect((await app('GET', path)).body).toHaveLength(2);
    expect((await app('GET', `${PULLS}/comments`)).body).toHaveLength(2);
    expect((await github.as('ada')('DELETE', one)).status).toBe(204);
    expect((await app('GET', one)).status).toBe(404);
  });

  it('comment on lines that move, change and go', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    const text = (first: string, third: string) => `${first}two\n${third}\nfour\n`;
    await simulator.pushCommit('acme/shop', 'fix', { 'cart.js': text('one\n', 'three') }, 'ada');
    await simulator.openPull('acme/shop', { title: 'Fix', head: 'fix', base: 'main', user: 'ada' });
    const comments = [2, 3, 4].map(line => ({ path: 'cart.js', line, body: `At ${line}` }));
    await simulator.review('acme/shop', 1, { event: 'COMMENT', comments, user: 'tess' });
    const linesAfter = async (contents: string | null) => {
      await simulator.pushCommit('acme/shop', 'fix', { 'cart.js': contents, 'tax.js': '1\n' }, 'ada');
      const { body } = await github.as('tess')('GET', `${PULLS}/1/comments`);
      return body.map((each: { line: number; original_line: number }) => [each.line, each.original_line]);
    };
    expect(await linesAfter(text('new\none\n', '3'))).toEqual([
      [3, 2],
      [null, 3],
      [5, 4],
    ]);
    expect(await linesAfter(null)).toEqual([
      [null, 2],
      [null, 3],
      [null, 4],
    ]);
    expect(await linesAfter(text('one\n', 'three'))).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
  });
});

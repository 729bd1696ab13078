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

describe('pull requests', () => {
  it('are opened by the App from a branch, as draft if it likes', async () => {
    await using github = await testGitHub();
    const head = await github.simulator.pushCommit('acme/shop', 'fix', { 'new.txt': 'a\nb\n' }, 'ada');
    const app = await github.installation();
    const { status, body } = await app('POST', PULLS, {
      title: 'Fix',
      head: 'fix',
      base: 'main',
      body: 'Closes #9',
      draft: true,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      number: 1,
      state: 'open',
      draft: true,
      merged: false,
      mergeable: true,
      commits: 1,
      additions: 2,
      changed_files: 1,
      user: { type: 'Bot' },
      head: { ref: 'fix', sha: head, label: 'acme:fix' },
      base: { ref: 'main', repo: { full_name: 'acme/shop' } },
    });
    expect((await app('GET', '/repos/acme/shop/issues/1')).body.pull_request.url).toBe(body.url);
    expect(await github.events()).toEqual(['create', 'push', 'pull_request.opened']);
  });

  it('from a fork name its owner and repository, and have their commits here', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    const fork = await simulator.forkRepository('acme/shop', 'otto');
    const head = await simulator.pushCommit('otto/shop', 'fix', { 'README.md': '# Fork\n' }, 'otto');
    await simulator.openPull('acme/shop', { title: 'Fix', head: 'otto:fix', base: 'main', user: 'otto' });
    const app = await github.installation();
    const { body } = await app('GET', `${PULLS}/1`);
    expect(body.head).toMatchObject({ label: 'otto:fix', sha: head, repo: { id: fork.id, fork: true } });
    expect(body.base.repo.fork).toBe(false);
    expect((await app('GET', `${PULLS}?head=otto:fix`)).body).toHaveLength(1);
    expect((await app('GET', `${PULLS}?head=acme:fix`)).body).toEqual([]);
    expect((await app('GET', `${PULLS}/1/files`)).body).toMatchObject([{ filename: 'README.md' }]);
    // A branch of the same name here is another one.
    await simulator.pushCommit('acme/shop', 'fix', { 'README.md': '# Here\n' }, 'ada');
    expect((await app('GET', `${PULLS}/1`)).body.head.sha).toBe(head);
    await simulator.merge('acme/shop', 1, 'ada');
    expect((await app('GET', `${PULLS}/1`)).body).toMatchObject({ merged: true });
  });

  it('are refused as GitHub does: no head, no base, nothing new, open already, of a fork', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const app = await github.installation();
    const errors = async (change: object) => {
      const { status, body } = await app('POST', PULLS, { title: 'x', head: 'fix', base: 'main', ...change });
      expect(status).toBe(422);
      return body.errors[0];
    };
    expect(await errors({ head: 'none' })).toMatchObject({
      resource: 'PullRequest',
      field: 'head',
      code: 'invalid',
    });
    expect(await errors({ base: 'none' })).toMatchObject({ field: 'base', code: 'invalid' });
    expect(await errors({ head: 'main' })).toMatchObject({ message: 'No commits between main and main' });
    expect(await errors({ head: 'acme:fix' })).toMatchObject({
      message: 'A pull request already exists for acme:fix.',
    });
    expect(await errors({ head: 'otto:fix' })).toMatchObject({ field: 'head' });
  });

  it('are found by head, base and state', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const app = await github.installation();
    const count = async (query: string) => (await app('GET', `${PULLS}?${query}`)).body.length;
    expect(await count('head=acme:fix')).toBe(1);
    expect(await count('head=acme:other')).toBe(0);
    expect(await count('base=main&sort=updated&direction=desc')).toBe(1);
    expect(await count('base=dev')).toBe(0);
    expect(await count('state=closed')).toBe(0);
    await app('PATCH', `${PULLS}/1`, { state: 'closed' });
    expect(await count('state=closed')).toBe(1);
  });

  it('show commits, files and the diff', async () => {
    await using github = await testGitHub();
    const head = await withPull(github);
    const ada = github.as('ada');
    const commits = await ada('GET', `${PULLS}/1/commits`);
    expect(commits.body).toMatchObject([
      { sha: head, commit: { message: 'Fix it' }, author: { login: 'ada' } },
    ]);
    const files = await ada('GET', `${PULLS}/1/files`);
    expect(files.body).toMatchObject([
      { filename: 'src/cart.js', status: 'modified', additions: 1, deletions: 1 },
    ]);
    expect(files.body[0].patch).toContain('+export const total = 2;');
    const { body } = await ada('GET', `${PULLS}/1`, undefined, { accept: 'application/vnd.github.diff' });
    expect(body).toContain('diff --git a/src/cart.js b/src/cart.js');
    expect((await ada('GET', `/repos/acme/shop/commits/${head}/pulls`)).body).toMatchObject([{ number: 1 }]);
  });

  it('follow their branch and keep refs/pull', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const head = await github.simulator.pushCommit('acme/shop', 'fix', { 'more.txt': 'x' }, 'ada');
    const { body } = await github.as('ada')('GET', `${PULLS}/1`);
    expect(body).toMatchObject({ head: { sha: head }, commits: 2, changed_files: 2 });
    const refs = await github.simulator.world.repositories.values().next().value?.git.refs('refs/pull/');
    expect(refs?.get('refs/pull/1/head')).toBe(head);
    expect(await github.events()).toEqual([
      'create',
      'push',
      'pull_request.opened',
      'push',
      'pull_request.synchronize',
    ]);
    expect(github.received.at(-1)?.payload).toMatchObject({ after: head, number: 1 });
  });

  it('close with their branch, and reopen while it is there', async () => {
    await using github = await testGitHub();
    const head = await withPull(github);
    const ada = github.as('ada');
    expect((await ada('DELETE', '/repos/acme/shop/git/refs/heads/fix')).status).toBe(204);
    expect((await ada('GET', `${PULLS}/1`)).body.state).toBe('closed');
    expect((await ada('PATCH', `${PULLS}/1`, { state: 'open' })).status).toBe(422);
    await ada('POST', '/repos/acme/shop/git/refs', { ref: 'refs/heads/fix', sha: head });
    await github.simulator.setState('acme/shop', 1, 'open', 'ada');
    expect((await ada('GET', `${PULLS}/1`)).body.state).toBe('open');
    expect(await github.events()).toContain('pull_request.reopened');
  });

  it('change title, body and base', async () => {
    await using github = await testGitHub();
    await github.simulator.pushCommit('acme/shop', 'dev', { 'dev.txt': 'x' }, 'ada');
    await withPull(github);
    const { body } = await github.as('ada')('PATCH', `${PULLS}/1`, {
      title: 'New',
      body: 'Text',
      base: 'dev',
    });
    expect(body).toMatchObject({ title: 'New', body: 'Text', base: { ref: 'dev' } });
    expect((await github.events()).slice(-2)).toEqual(['pull_request.edited', 'pull_request.edited']);
  });

  it.each([
    ['merge', 2, 'Merge pull request #1 from acme/fix\n\nFix total'],
    ['squash', 1, 'Fix total (#1)'],
    ['rebase', 1, 'Fix it'],
  ])('are merged by %s', async (merge_method, parents, message) => {
    await using github = await testGitHub();
    await withPull(github);
    const ada = github.as('ada');
    expect((await ada('GET', `${PULLS}/1/merge`)).status).toBe(404);
    const { body } = await ada('PUT', `${PULLS}/1/merge`, { merge_method });
    expect(body.merged).toBe(true);
    const main = (await ada('GET', '/repos/acme/shop/branches/main')).body.commit;
    expect(main).toMatchObject({ sha: body.sha, commit: { message } });
    expect(main.parents).toHaveLength(parents);
    expect((await ada('GET', `${PULLS}/1`)).body).toMatchObject({
      merged: true,
      state: 'closed',
      merged_by: { login: 'ada' },
    });
    expect((await ada('GET', `${PULLS}/1/merge`)).status).toBe(204);
    expect((await ada('PATCH', `${PULLS}/1`, { state: 'open' })).status).toBe(422);
    expect((await github.events()).slice(-2)).toEqual(['pull_request.closed', 'push']);
  });

  it('close the issues they name when they are merged', async () => {
    await using github = await testGitHub();
    await github.simulator.openIssue('acme/shop', { title: 'Bug', user: 'ada' });
    await github.simulator.pushCommit('acme/shop', 'fix', { a: '1' }, 'ada');
    const pull = { title: 'Fix', head: 'fix', base: 'main', body: 'Closes #1', user: 'ada' };
    await github.simulator.openPull('acme/shop', pull);
    await github.simulator.merge('acme/shop', 2, 'ada');
    expect((await github.as('ada')('GET', '/repos/acme/shop/issues/1')).body.state).toBe('closed');
  });

  it('are not merged with conflicts, as draft, closed, or when the head moved on', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const ada = github.as('ada');
    expect((await ada('PUT', `${PULLS}/1/merge`, { sha: '0'.repeat(40) })).status).toBe(409);
    await github.simulator.pushCommit(
      'acme/shop',
      'main',
      { 'src/cart.js': 'export const total = 3;\n' },
      'ada',
    );
    expect((await ada('GET', `${PULLS}/1`)).body).toMatchObject({
      mergeable: false,
      mergeable_state: 'dirty',
    });
    expect((await ada('PUT', `${PULLS}/1/merge`)).status).toBe(405);
    await github.simulator.pushCommit('acme/shop', 'later', { b: '1' }, 'ada');
    await ada('POST', PULLS, { title: 'Later', head: 'later', base: 'main', draft: true });
    expect((await ada('PUT', `${PULLS}/2/merge`)).body.message).toBe('Pull Request is still a draft');
    await github.simulator.setDraft('acme/shop', 2, false, 'ada');
    await github.simulator.setState('acme/shop', 2, 'closed', 'ada');
    expect((await ada('PUT', `${PULLS}/2/merge`)).status).toBe(405);
    expect((await github.events()).slice(-2)).toEqual([
      'pull_request.ready_for_review',
      'pull_request.closed',
    ]);
  });
});

describe('pull requests as issues', () => {
  it('take labels, comments and states like these, and say so as pull requests', async () => {
    await using github = await testGitHub();
    await withPull(github);
    const app = await github.installation();
    const change = { labels: ['orch'], state: 'closed' };
    expect((await app('PATCH', '/repos/acme/shop/issues/1', change)).body).toMatchObject({
      state: 'closed',
      state_reason: null,
    });
    expect((await app('PATCH', '/repos/acme/shop/issues/1', { state: 'open' })).body.state).toBe('open');
    await app('POST', '/repos/acme/shop/issues/1/comments', { body: 'x' });
    expect((await github.events()).slice(3)).toEqual([
      'label.created',
      'pull_request.labeled',
      'pull_request.closed',
      'pull_request.reopened',
      'issue_comment.created',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { FILES, testGitHub } from '../support/github.ts';

const SHOP = '/repos/acme/shop';

describe('contents', () => {
  it('are files in base64, raw when asked for, and folders as lists', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const { body } = await app('GET', `${SHOP}/contents/README.md`);
    expect(body).toMatchObject({ type: 'file', name: 'README.md', encoding: 'base64', size: 7 });
    expect(Buffer.from(body.content, 'base64').toString()).toBe(FILES['README.md']);
    const raw = await app('GET', `${SHOP}/contents/README.md`, undefined, {
      accept: 'application/vnd.github.v3.raw',
    });
    expect(raw.body).toBe(FILES['README.md']);
    const root = await app('GET', `${SHOP}/contents/`);
    expect(root.body.map((entry: { path: string; type: string }) => [entry.path, entry.type])).toEqual([
      ['README.md', 'file'],
      ['src', 'dir'],
    ]);
    expect((await app('GET', `${SHOP}/contents/src`)).body).toMatchObject([{ path: 'src/cart.js' }]);
    expect((await app('GET', `${SHOP}/contents/none`)).status).toBe(404);
    expect((await app('GET', `${SHOP}/contents/README.md?ref=none`)).status).toBe(404);
  });

  it('are written with a commit, on the branch and over the file that was seen', async () => {
    await using github = await testGitHub();
    const ada = github.as('ada');
    const content = Buffer.from('agent: claude\n').toString('base64');
    const path = `${SHOP}/contents/.github/orch.yml`;
    const made = await ada('PUT', path, { message: 'Settings', content });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      content: { path: '.github/orch.yml' },
      commit: { message: 'Settings', author: { name: 'ada' } },
    });
    expect((await ada('PUT', path, { message: 'Again', content })).status).toBe(422);
    expect((await ada('PUT', path, { message: 'Again', content, sha: '1'.repeat(40) })).status).toBe(409);
    const { sha } = made.body.content;
    const author = { name: 'Grace', email: 'grace@example.com' };
    const again = await ada('PUT', path, { message: 'Again', content: '', sha, branch: 'main', author });
    expect(again).toMatchObject({ status: 200, body: { commit: { author: { name: 'Grace' } } } });
    expect((await ada('PUT', `${SHOP}/contents/x`, { message: 'x', content, branch: 'none' })).status).toBe(
      404,
    );
    const gone = await ada('DELETE', path, { message: 'Away', sha: again.body.content.sha });
    expect(gone).toMatchObject({ status: 200, body: { content: null } });
    expect((await ada('GET', path)).status).toBe(404);
    expect(await github.events()).toEqual(['push', 'push', 'push']);
    expect(github.received[0]?.payload.commits).toMatchObject([
      { message: 'Settings', added: ['.github/orch.yml'] },
    ]);
  });

  it('with spaces, quotes and letters of all kinds in names arrive whole', async () => {
    await using github = await testGitHub();
    const name = 'ü "quoted" \\ back [x]*.txt';
    await github.simulator.pushCommit('acme/shop', 'main', { [name]: 'yes', 'other.txt': 'no' }, 'ada');
    const { body } = await github.as('ada')('GET', `${SHOP}/contents/${encodeURIComponent(name)}`);
    expect(Buffer.from(body.content, 'base64').toString()).toBe('yes');
  });
});

describe('git data', () => {
  it('builds a commit from blobs and trees, and moves a branch to it', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const { object } = (await app('GET', `${SHOP}/git/ref/heads/main`)).body;
    const base = (await app('GET', `${SHOP}/git/commits/${object.sha}`)).body;
    const blob = (await app('POST', `${SHOP}/git/blobs`, { content: 'aGk=', encoding: 'base64' })).body;
    expect(
      Buffer.from((await app('GET', `${SHOP}/git/blobs/${blob.sha}`)).body.content, 'base64').toString(),
    ).toBe('hi');
    const tree = await app('POST', `${SHOP}/git/trees`, {
      base_tree: base.tree.sha,
      tree: [
        { path: 'hi.txt', mode: '100644', type: 'blob', sha: blob.sha },
        { path: 'inline.txt', mode: '100644', type: 'blob', content: 'there' },
        { path: 'README.md', mode: '100644', type: 'blob', sha: null },
      ],
    });
    expect(tree.status).toBe(201);
    const listed = (await app('GET', `${SHOP}/git/trees/${tree.body.sha}?recursive=1`)).body.tree;
    expect(listed.map((entry: { path: string }) => entry.path)).toEqual([
      'hi.txt',
      'inline.txt',
      'src',
      'src/cart.js',
    ]);
    const commit = await app('POST', `${SHOP}/git/commits`, {
      message: 'By hand',
      tree: tree.body.sha,
      parents: [object.sha],
    });
    expect(commit.body).toMatchObject({ message: 'By hand', author: { name: 'orch-simulated[bot]' } });
    const made = await app('POST', `${SHOP}/git/refs`, { ref: 'refs/heads/hand', sha: object.sha });
    expect(made.body).toMatchObject({ ref: 'refs/heads/hand', object: { type: 'commit' } });
    expect(
      (await app('PATCH', `${SHOP}/git/refs/heads/hand`, { sha: commit.body.sha })).body.object.sha,
    ).toBe(commit.body.sha);
    expect((await app('PATCH', `${SHOP}/git/refs/heads/hand`, { sha: object.sha })).status).toBe(422);
    expect((await app('PATCH', `${SHOP}/git/refs/heads/hand`, { sha: object.sha, force: true })).status).toBe(
      200,
    );
    expect(await github.events()).toEqual(['create', 'push', 'push', 'push']);
    expect(github.received.map(({ payload }) => payload.forced)).toEqual([undefined, false, false, true]);
  });

  it('refuses what is not there and what is there already', async () => {
    await using github = await testGitHub();
    const app = await github.installation();
    const none = '1'.repeat(40);
    const { object } = (await app('GET', `${SHOP}/git/ref/heads%2Fmain`)).body;
    const status = async (method: string, path: string, body?: object) =>
      (await app(method, `${SHOP}/git/${path}`, body)).status;
    expect(await status('GET', 'ref/heads/none')).toBe(404);
    expect(await status('GET', `commits/${none}`)).toBe(404);
    expect(await status('GET', `trees/${none}`)).toBe(404);
    expect(await status('GET', `blobs/${none}`)).toBe(404);
    expect(await status('POST', 'refs', { ref: 'refs/heads/main', sha: object.sha })).toBe(422);
    expect(await status('POST', 'refs', { ref: 'refs/heads/new', sha: none })).toBe(422);
    expect(await status('POST', 'refs', { ref: 'refs/heads/a..b', sha: object.sha })).toBe(422);
    expect(await status('PATCH', 'refs/heads/none', { sha: object.sha })).toBe(422);
    expect(await status('PATCH', 'refs/heads/main', { sha: none })).toBe(422);
    expect(await status('DELETE', 'refs/heads/none')).toBe(422);
    expect(await status('POST', 'commits', { message: 'x', tree: none })).toBe(422);
    expect(
      await status('POST', 'commits', { message: 'x', tree: await treeOf(github), parents: [none] }),
    ).toBe(422);
  });

  async function treeOf(github: Awaited<ReturnType<typeof testGitHub>>): Promise<string> {
    return (await github.as('ada')('GET', `${SHOP}/git/trees/main`)).body.sha;
  }

  it('finds refs that begin alike', async () => {
    await using github = await testGitHub();
    for (const branch of ['orch/T1', 'orch/T2'])
      await github.simulator.pushCommit('acme/shop', branch, { a: branch }, 'ada');
    const { body } = await github.as('ada')('GET', `${SHOP}/git/matching-refs/heads/orch/T`);
    expect(body.map((one: { ref: string }) => one.ref)).toEqual(['refs/heads/orch/T1', 'refs/heads/orch/T2']);
  });
});

describe('branches and commits', () => {
  it('are listed and shown, with protection', async () => {
    await using github = await testGitHub();
    await github.simulator.pushCommit('acme/shop', 'orch/T1', { a: '1' }, 'ada');
    github.simulator.setProtected('acme/shop', 'main', true);
    const app = await github.installation();
    const names = async (query: string) =>
      (await app('GET', `${SHOP}/branches${query}`)).body.map((one: { name: string }) => one.name);
    expect(await names('')).toEqual(['main', 'orch/T1']);
    expect(await names('?protected=true')).toEqual(['main']);
    const branch = await app('GET', `${SHOP}/branches/orch%2FT1`);
    expect(branch.body).toMatchObject({
      name: 'orch/T1',
      protected: false,
      commit: { author: { login: 'ada' } },
    });
    expect((await app('GET', `${SHOP}/branches/none`)).status).toBe(404);
    const list = await app('GET', `${SHOP}/commits?sha=orch/T1&per_page=1`);
    expect(list.body).toMatchObject([{ sha: branch.body.commit.sha }]);
    const one = await app('GET', `${SHOP}/commits/orch%2FT1`);
    expect(one.body).toMatchObject({ stats: { additions: 1 }, files: [{ filename: 'a', status: 'added' }] });
    expect((await app('GET', `${SHOP}/commits/none`)).status).toBe(422);
    expect((await app('GET', `${SHOP}/commits?sha=none`)).status).toBe(404);
  });

  it('are compared', async () => {
    await using github = await testGitHub();
    await github.simulator.pushCommit(
      'acme/shop',
      'fix',
      { 'src/cart.js': null, 'src/basket.js': FILES['src/cart.js'] },
      'ada',
    );
    const ada = github.as('ada');
    const { body } = await ada('GET', `${SHOP}/compare/main...fix`);
    expect(body).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0 });
    expect(body.files).toMatchObject([
      { filename: 'src/basket.js', previous_filename: 'src/cart.js', status: 'renamed' },
    ]);
    expect((await ada('GET', `${SHOP}/compare/fix...main`)).body.status).toBe('behind');
    expect((await ada('GET', `${SHOP}/compare/main...main`)).body.status).toBe('identical');
    await github.simulator.pushCommit('acme/shop', 'main', { b: '1' }, 'ada');
    expect((await ada('GET', `${SHOP}/compare/main...fix`)).body.status).toBe('diverged');
    expect((await ada('GET', `${SHOP}/compare/main...none`)).status).toBe(404);
  });

  it('do not move by the API when protected', async () => {
    await using github = await testGitHub();
    github.simulator.setProtected('acme/shop', 'main', true);
    const app = await github.installation();
    const { object } = (await app('GET', `${SHOP}/git/ref/heads/main`)).body;
    expect((await app('PATCH', `${SHOP}/git/refs/heads/main`, { sha: object.sha })).status).toBe(409);
    expect((await app('DELETE', `${SHOP}/git/refs/heads/main`)).status).toBe(409);
    expect((await app('PUT', `${SHOP}/contents/a`, { message: 'a', content: '' })).status).toBe(409);
  });
});

describe('repositories that are not as usual', () => {
  it('are empty until the first commit: git data 409, contents 404', async () => {
    await using github = await testGitHub();
    await github.simulator.createRepository({ owner: 'acme', name: 'void', defaultBranch: 'trunk' });
    const app = await github.installation();
    expect((await app('GET', '/repos/acme/void')).body.default_branch).toBe('trunk');
    const empty = { status: 409, body: { message: 'Git Repository is empty.' } };
    expect(await app('GET', '/repos/acme/void/git/ref/heads/trunk')).toMatchObject(empty);
    expect(await app('GET', '/repos/acme/void/commits')).toMatchObject(empty);
    expect(await app('GET', '/repos/acme/void/commits/trunk')).toMatchObject(empty);
    expect((await app('GET', '/repos/acme/void/branches')).body).toEqual([]);
    const contents = await app('GET', '/repos/acme/void/contents/README.md');
    expect(contents).toMatchObject({ status: 404, body: { message: 'This repository is empty.' } });
    expect((await app('PUT', '/repos/acme/void/contents/a', { message: 'First', content: '' })).status).toBe(
      201,
    );
    expect((await app('GET', '/repos/acme/void/git/ref/heads/trunk')).status).toBe(200);
  });

  it('are read-only once archived', async () => {
    await using github = await testGitHub();
    await github.simulator.createRepository({ owner: 'acme', name: 'old', files: { a: '' }, archived: true });
    const app = await github.installation();
    const { object } = (await app('GET', '/repos/acme/old/git/ref/heads/main')).body;
    const refused = { status: 403, body: { message: 'Repository was archived so is read-only.' } };
    expect(await app('POST', '/repos/acme/old/issues', { title: 'x' })).toMatchObject(refused);
    expect(await app('PUT', '/repos/acme/old/contents/b', { message: 'b', content: '' })).toMatchObject(
      refused,
    );
    expect(
      await app('POST', '/repos/acme/old/check-runs', { name: 'x', head_sha: object.sha }),
    ).toMatchObject(refused);
    expect(
      await app('POST', '/repos/acme/old/git/refs', { ref: 'refs/heads/b', sha: object.sha }),
    ).toMatchObject(refused);
    expect(
      await app('POST', '/repos/acme/old/pulls', { title: 'x', head: 'main', base: 'main' }),
    ).toMatchObject(refused);
  });
});

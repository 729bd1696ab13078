import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryProgram } from '../../src/shared/program.ts';
import { type TestGitHub, testGitHub } from '../support/github.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** A clone of acme/shop with `git`, which answers with exit code and output. */
async function clone(github: TestGitHub, token: string) {
  const folder = await temporaryDirectory();
  const url = addressOf(github, token);
  const git = (...args: string[]) => tryProgram('git', args, { cwd: folder.path, env: ENVIRONMENT });
  const commit = async (text: string) => {
    await writeFile(join(folder.path, 'note.txt'), text);
    await git('add', '-A');
    await git('commit', '-q', '-m', text);
    return (await git('rev-parse', 'HEAD')).stdout;
  };
  const cloned = await git('clone', '-q', url, '.');
  return { cloned, git, commit, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function addressOf(github: TestGitHub, token: string, name = 'acme/shop'): string {
  return `${github.simulator.url.replace('http://', `http://x-access-token:${token}@`)}/${name}.git`;
}

async function installationToken(github: TestGitHub, permissions: object): Promise<string> {
  const [{ id }] = (await github.app('GET', '/app/installations')).body;
  return (await github.app('POST', `/app/installations/${id}/access_tokens`, { permissions })).body.token;
}

describe('git over HTTP', () => {
  it('clones and pushes with the token of the App, and tells of it', async () => {
    await using github = await testGitHub();
    await using work = await clone(github, await installationToken(github, { contents: 'write' }));
    expect(work.cloned).toMatchObject({ exitCode: 0 });
    const head = await work.commit('First');
    expect((await work.git('push', '-q', 'origin', 'HEAD:refs/heads/orch/T1')).exitCode).toBe(0);
    const { body } = await github.as('ada')('GET', '/repos/acme/shop/branches/orch%2FT1');
    expect(body.commit).toMatchObject({ sha: head, commit: { message: 'First' } });
    expect(await github.events()).toEqual(['create', 'push']);
    expect(github.received[1]?.payload).toMatchObject({
      ref: 'refs/heads/orch/T1',
      after: head,
      created: true,
      pusher: { name: 'orch-simulated[bot]' },
      commits: [{ id: head, added: ['note.txt'] }],
    });
  });

  it.each(['0', '1', '2'])('speaks version %s of the protocol', async version => {
    await using github = await testGitHub();
    const url = addressOf(github, github.simulator.userToken('rita'));
    const listed = await tryProgram('git', ['-c', `protocol.version=${version}`, 'ls-remote', url], {
      env: ENVIRONMENT,
    });
    expect(listed.stdout).toContain('refs/heads/main');
  });

  it('moves the head of a pull request, also by force', async () => {
    await using github = await testGitHub();
    await using work = await clone(github, github.simulator.userToken('ada'));
    await work.commit('First');
    await work.git('push', '-q', 'origin', 'HEAD:refs/heads/fix');
    await github.simulator.openPull('acme/shop', { title: 'Fix', head: 'fix', base: 'main', user: 'ada' });
    await work.git('reset', '-q', '--hard', 'origin/main');
    const head = await work.commit('Second');
    expect((await work.git('push', '-q', 'origin', 'HEAD:refs/heads/fix')).exitCode).toBe(1);
    expect((await work.git('push', '-q', '--force', 'origin', 'HEAD:refs/heads/fix')).exitCode).toBe(0);
    expect((await github.as('ada')('GET', '/repos/acme/shop/pulls/1')).body.head.sha).toBe(head);
    expect((await work.git('ls-remote', 'origin', 'refs/pull/1/head')).stdout).toContain(head);
    await work.git('push', '-q', 'origin', ':fix');
    const events = await github.events();
    expect(events.slice(2)).toEqual([
      'pull_request.opened',
      'push',
      'pull_request.synchronize',
      'delete',
      'push',
      'pull_request.closed',
    ]);
    expect(github.received[3]?.payload.forced).toBe(true);
  });

  it('takes packs that come in chunks', async () => {
    await using github = await testGitHub();
    await using work = await clone(github, github.simulator.userToken('ada'));
    await work.commit('x'.repeat(100_000));
    const pushed = await work.git(
      '-c',
      'http.postBuffer=1000',
      'push',
      '-q',
      'origin',
      'HEAD:refs/heads/big',
    );
    expect(pushed.exitCode).toBe(0);
  });

  it('names all commits of a push, oldest first, with the files they changed', async () => {
    await using github = await testGitHub();
    await using work = await clone(github, github.simulator.userToken('ada'));
    const commits = [await work.commit('One'), await work.commit('Two')];
    await work.git('rm', '-q', 'note.txt', 'README.md');
    await work.git('commit', '-q', '-m', 'Three');
    await work.git('push', '-q', 'origin', 'HEAD:main', 'HEAD:refs/heads/same', 'HEAD~1:refs/tags/v1');
    await github.simulator.idle();
    const pushes = github.received.filter(({ event }) => event === 'push').map(({ payload }) => payload);
    const [main, same, tag] = ['heads/main', 'heads/same', 'tags/v1'].map(ref =>
      pushes.find(push => push.ref === `refs/${ref}`),
    );
    expect(main?.commits).toMatchObject([
      { id: commits[0], added: ['note.txt'], modified: [], removed: [] },
      { id: commits[1], added: [], modified: ['note.txt'], removed: [] },
      { message: 'Three', removed: ['README.md', 'note.txt'] },
    ]);
    expect(same).toMatchObject({ commits: [], head_commit: { message: 'Three' } });
    expect(tag).toMatchObject({ created: true, head_commit: { id: commits[1] } });
  });

  it('refuses pushes to protected branches and to the refs of pull requests', async () => {
    await using github = await testGitHub();
    github.simulator.setProtected('acme/shop', 'main', true);
    await using work = await clone(github, github.simulator.userToken('ada'));
    await work.commit('First');
    const refused = await work.git('push', 'origin', 'HEAD:main');
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('GH006: Protected branch update failed'),
    });
    expect((await work.git('push', 'origin', 'HEAD:refs/pull/1/head')).exitCode).toBe(1);
    expect((await work.git('push', 'origin', 'HEAD:refs/heads/other')).exitCode).toBe(0);
    expect(await github.events()).toEqual(['create', 'push']);
  });

  it('refuses who may not read, who may not write, and who does not say who they are', async () => {
    await using github = await testGitHub();
    const { simulator } = github;
    const reader = await installationToken(github, { contents: 'read' });
    await using work = await clone(github, reader);
    await work.commit('First');
    const push = async (token: string) =>
      (await work.git('push', addressOf(github, token), 'HEAD:refs/heads/x')).stderr;
    expect(await push(reader)).toContain('Permission to acme/shop.git denied to orch-simulated[bot].');
    expect(await push(simulator.userToken('rita'))).toContain('Permission to acme/shop.git denied to rita.');
    expect(await push(simulator.userToken('otto'))).toContain('not found');
    expect(await push(await installationToken(github, { issues: 'read' }))).toContain('not found');
    expect(await push('nonsense')).toContain('Authentication failed');
    const anonymous = await fetch(`${simulator.url}/acme/shop.git/info/refs?service=git-upload-pack`);
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="GitHub"',
    ]);
  });

  it('lets anybody clone what is public, and nobody push to what is archived', async () => {
    await using github = await testGitHub();
    await github.simulator.createRepository({ owner: 'acme', name: 'old', files: { a: '' }, archived: true });
    const listed = await tryProgram('git', ['ls-remote', `${github.simulator.url}/acme/old.git`], {
      env: ENVIRONMENT,
    });
    expect(listed.stdout).toContain('refs/heads/main');
    await using work = await clone(github, github.simulator.userToken('acme'));
    const url = addressOf(github, github.simulator.userToken('acme'), 'acme/old');
    expect((await work.git('push', url, 'HEAD:refs/heads/x')).stderr).toContain('archived');
  });

  it('fails when told to: before a push, or after it took effect', async () => {
    await using github = await testGitHub();
    await using work = await clone(github, github.simulator.userToken('ada'));
    const head = await work.commit('First');
    const path = /git-receive-pack$/;
    github.simulator.faults.add({ match: { method: 'POST', path }, effect: { kind: 'status', status: 503 } });
    expect((await work.git('push', 'origin', 'HEAD:refs/heads/x')).stderr).toContain('503');
    expect(await github.events()).toEqual([]);
    github.simulator.faults.add({ match: { method: 'POST', path }, effect: { kind: 'drop' } });
    expect((await work.git('push', 'origin', 'HEAD:refs/heads/x')).exitCode).not.toBe(0);
    expect((await github.as('ada')('GET', '/repos/acme/shop/git/ref/heads/x')).body.object.sha).toBe(head);
  });
});

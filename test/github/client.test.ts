import { generateKeyPairSync } from 'node:crypto';
import { Probot, ProbotOctokit } from 'probot';
import { describe, expect, it } from 'vitest';
import { connectGithub, githubMessage, isRefusal } from '../../src/github/client.ts';
import { GITHUB_LIMITS, openPace } from '../../src/github/pace.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock } from '../support/clock.ts';
import { failure } from './handling.ts';

describe('GitHub has decided', () => {
  it.each([
    [403, 'Resource not accessible by integration', {}, true],
    [404, 'Not Found', {}, true],
    [422, 'Validation Failed', {}, true],
    [422, 'The branch of the rate limit was deleted', {}, true],
    [403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0' }, false],
    [403, 'Forbidden', { 'retry-after': '60' }, false],
    [403, 'You have exceeded a secondary rate limit. Please wait a few minutes.', {}, false],
    [403, 'You have triggered an abuse detection mechanism.', {}, false],
    [502, 'Bad Gateway', {}, false],
  ])('when it says %i: %s %j? %s', (status, message, headers, expected) => {
    expect(isRefusal(failure(status, message, headers as Record<string, string>))).toBe(expected);
  });
});

describe('a permission that is missing', () => {
  const refused = 'Resource not accessible by integration';
  const header = 'x-accepted-github-permissions';

  it.each([
    ['issues=write', 'it takes `issues: write`'],
    ['issues=write; pull_requests=write', 'it takes `issues: write` or `pull-requests: write`'],
    ['contents=write,workflows=write', 'it takes `contents: write` and `workflows: write`'],
  ])('is named as workflows name it: %s', (accepted, expected) => {
    expect(githubMessage(failure(403, refused, { [header]: accepted }))).toBe(`${refused}: ${expected}`);
  });

  it('is not told of where the reason is another one', () => {
    const error = failure(403, 'Repository was archived so is read-only.', { [header]: 'contents=write' });
    expect(githubMessage(error)).toBe('Repository was archived so is read-only.');
  });
});

interface Minted {
  installation_id: number;
  repository_ids: number[];
  permissions: Record<string, string>;
}

/** A GitHub that mints tokens, `1 of 5` and so on, and answers with what it was called with. */
function connected(options: { granted?: Record<string, string>; withdrawn?: readonly string[] } = {}) {
  const clock = fakeClock();
  const minted: Minted[] = [];
  const called: string[] = [];
  const send: typeof fetch = async (url, init) => {
    const { pathname } = new URL(String(url));
    const headers = new Headers(init?.headers);
    if (pathname.endsWith('/access_tokens')) {
      const asked = JSON.parse(String(init?.body)) as Minted;
      const held = options.granted;
      if (held && Object.entries(asked.permissions).some(([name, level]) => held[name] !== level)) {
        return Response.json({ message: 'The permissions requested are not granted' }, { status: 422 });
      }
      const installation_id = Number(pathname.split('/')[3]);
      minted.push({ ...asked, installation_id });
      const expires_at = new Date(clock.now() + 3_600_000).toISOString();
      return Response.json({ token: `${minted.length} of ${installation_id}`, expires_at }, { status: 201 });
    }
    if (pathname.startsWith('/app/')) return Response.json({ permissions: options.granted });
    const token = headers.get('authorization')?.replace(/^token /, '') ?? '';
    called.push(token);
    if (options.withdrawn?.includes(token))
      return Response.json({ message: 'Bad credentials' }, { status: 401 });
    return Response.json({});
  };
  const probot = new Probot({
    appId: 7,
    privateKey: KEY,
    log: silentLog(),
    Octokit: ProbotOctokit.defaults({ throttle: { enabled: false } }) as typeof ProbotOctokit,
  });
  const pace = openPace({ clock, log: silentLog(), limits: GITHUB_LIMITS, recent: () => [], send });
  return {
    clock,
    minted,
    called,
    github: connectGithub(probot, { webBaseUrl: 'https://github.com', clock, pace }),
  };
}

const { privateKey: KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const READING = { checks: 'read', contents: 'read', issues: 'read', members: 'read', pull_requests: 'read' };
const WRITING = { checks: 'write', contents: 'read', issues: 'write', pull_requests: 'write' };

describe('a token for git', () => {
  it('is kept for a while, and of no other installation, repository or access', async () => {
    const { github, minted } = connected();
    expect(await github.gitToken(1, 7, 'read')).toBe('1 of 1');
    expect(await github.gitToken(1, 7, 'read')).toBe('1 of 1');
    expect(await github.gitToken(2, 7, 'read')).toBe('2 of 2');
    expect(await github.gitToken(1, 8, 'read')).toBe('3 of 1');
    expect(await github.gitToken(1, 7, 'write')).toBe('4 of 1');
    expect(minted.at(-1)).toEqual({
      installation_id: 1,
      repository_ids: [7],
      permissions: { contents: 'write' },
    });
  });

  it('that GitHub may have withdrawn is replaced within minutes', async () => {
    const { clock, github } = connected();
    await github.gitToken(1, 7, 'read');
    await clock.advance(5 * 60_000);
    expect(await github.gitToken(1, 7, 'read')).toBe('2 of 1');
  });
});

describe('the client of a repository', () => {
  it('reads with tokens that only read, and writes no code', async () => {
    const { github, minted, called } = connected();
    const client = await github.octokit(5, 7);
    await client.request('GET /repos/acme/shop');
    await client.request('GET /repos/acme/shop/pulls');
    await client.request('POST /repos/acme/shop/issues/1/comments', { body: 'Hello' });
    await (await github.octokit(5, 7)).request('GET /repos/acme/shop');
    expect(minted).toEqual([
      { installation_id: 5, repository_ids: [7], permissions: READING },
      { installation_id: 5, repository_ids: [7], permissions: WRITING },
    ]);
    expect(called).toEqual(['1 of 5', '1 of 5', '2 of 5', '1 of 5']);
  });

  it('takes a new token for one that was withdrawn, once, and all that wait share it', async () => {
    const { github, minted, called } = connected({ withdrawn: ['1 of 5'] });
    const client = await github.octokit(5, 7);
    const read = () => client.request('GET /repos/acme/shop');
    await Promise.all([read(), read(), read()]);
    expect(minted).toHaveLength(2);
    expect(called.filter(token => token === '2 of 5')).toHaveLength(3);
  });

  it('fails when GitHub takes the new one neither', async () => {
    const { github, minted } = connected({ withdrawn: ['1 of 5', '2 of 5'] });
    const client = await github.octokit(5, 7);
    await expect(client.request('GET /repos/acme/shop')).rejects.toMatchObject({ status: 401 });
    expect(minted).toHaveLength(2);
  });

  it('goes on with what is granted where less than asked for is', async () => {
    const granted = { checks: 'read', contents: 'read', issues: 'write' };
    const { github, minted } = connected({ granted });
    await (await github.octokit(5, 7)).request('POST /repos/acme/shop/issues/1/comments', { body: 'Hello' });
    expect(minted.map(({ permissions }) => permissions)).toEqual([granted]);
  });
});

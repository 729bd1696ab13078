import type { Probot } from 'probot';
import { describe, expect, it } from 'vitest';
import { connectGithub, isRefusal } from '../../src/github/client.ts';
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

describe('a token for git', () => {
  const HOUR = 3_600_000;

  function connected() {
    const clock = fakeClock();
    let made = 0;
    const app = {
      async request(_: string, params: { installation_id: number }) {
        made += 1;
        const expires_at = new Date(clock.now() + HOUR).toISOString();
        return { data: { token: `${made} of ${params.installation_id}`, expires_at } };
      },
    };
    const probot = { auth: async () => app } as unknown as Probot;
    return { clock, github: connectGithub(probot, { webBaseUrl: 'https://github.com', clock }) };
  }

  it('is kept for a while, and of no other installation, repository or access', async () => {
    const { github } = connected();
    expect(await github.gitToken(1, 7, 'read')).toBe('1 of 1');
    expect(await github.gitToken(1, 7, 'read')).toBe('1 of 1');
    expect(await github.gitToken(2, 7, 'read')).toBe('2 of 2');
    expect(await github.gitToken(1, 8, 'read')).toBe('3 of 1');
    expect(await github.gitToken(1, 7, 'write')).toBe('4 of 1');
  });

  it('that GitHub may have withdrawn is replaced within minutes', async () => {
    const { clock, github } = connected();
    await github.gitToken(1, 7, 'read');
    await clock.advance(5 * 60_000);
    expect(await github.gitToken(1, 7, 'read')).toBe('2 of 1');
  });
});

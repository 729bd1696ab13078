import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/simulator/observers.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { needsOf } from '../support/needs.ts';

/** The token of a call, as GitHub knows it; null for the App's own calls. */
function tokenOf(app: TestApp, { requestHeaders }: Exchange) {
  const secret = requestHeaders.authorization?.replace(/^\w+ /, '') ?? '';
  const token = app.github.world.tokens.get(secret);
  return token?.kind === 'installation' ? token : null;
}

describe('the tokens of a task from its command to its pull request', () => {
  it('are for its repository, read where it reads, and hold what each call needs', async () => {
    await using app = await startTestApp({ repository: { private: true } });
    const { id } = repositoryOf(app.github);
    const calls: {
      call: string;
      repositories: unknown;
      holds: Record<string, string>;
      needs: readonly string[];
    }[] = [];
    const refused: string[] = [];
    using _calls = app.github.onExchange(exchange => {
      const call = `${exchange.method} ${exchange.path}`;
      if (exchange.status === 401 || exchange.status === 403) refused.push(call);
      const token = tokenOf(app, exchange);
      if (!token) return;
      const repositories = token.repositoryIds && [...token.repositoryIds];
      calls.push({ call, repositories, holds: token.permissions, needs: needsOf(exchange) });
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    await app.quiet();
    expect(refused).toEqual([]);
    expect(calls.length).toBeGreaterThan(10);
    for (const { call, repositories, holds, needs } of calls) {
      expect(repositories, call).toEqual([id]);
      const levels = Object.values(holds);
      if (call.startsWith('GET'))
        expect(
          levels.every(level => level === 'read'),
          call,
        ).toBe(true);
      expect(holds.contents, call).not.toBe('write');
      const isMet = (need: string) => {
        const [name = '', level] = need.split(':');
        return holds[name] === level || holds[name] === 'write';
      };
      if (needs.length > 0) expect(needs.some(isMet), `${call} needs ${needs}`).toBe(true);
    }
    const traffic = app.github.world.traffic.busiest(app.task(1).installation);
    // The comment, the pull request and one check run: four is the most that a plain task may cost.
    expect(traffic.creations).toBe(3);
  });

  it('open nothing in another repository', async () => {
    await using app = await startTestApp();
    await app.github.createRepository({
      owner: 'acme',
      name: 'other',
      private: true,
      files: { 'a.txt': 'a\n' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch help', 'writer');
    await app.quiet();
    const [token] = [...app.github.world.tokens].filter(([, { kind }]) => kind === 'installation');
    const ask = (path: string) =>
      fetch(`${app.github.url}/api/v3/repos/acme/${path}`, {
        headers: { authorization: `token ${token?.[0]}` },
      });
    expect((await ask('shop')).status).toBe(200);
    expect((await ask('other')).status).toBe(404);
  });
});

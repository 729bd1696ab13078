import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SUBSCRIBED } from '../../src/github/app.ts';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';
import { needsOf } from '../support/needs.ts';

const manifest = parse(readFileSync(new URL('../../app.yml', import.meta.url), 'utf8'));

describe('app.yml', () => {
  it('subscribes to the events that are handled, and to no others', () => {
    expect(manifest.default_events).toEqual(SUBSCRIBED.toSorted());
  });

  it('asks for the permissions that are used, and for no others', async () => {
    const used = new Map<string, 'read' | 'write'>();
    const use = (permission: string, access: 'read' | 'write') => {
      if (used.get(permission) !== 'write') used.set(permission, access);
    };
    await using app = await startTestApp({
      files: {
        'README.md': '#\n',
        '.github/orch.yml':
          'labels: { pull_request: [robot] }\npermissions: { minimum: admin, teams: [core] }\n',
      },
    });
    app.github.createTeam('acme', 'core', ['writer']);
    using _calls = app.github.onExchange(exchange => {
      const [need] = needsOf(exchange);
      const [permission, access] = need?.split(':') ?? [];
      if (permission && exchange.status < 400) use(permission, access as 'read' | 'write');
      // What git may do is said when its token is made.
      if (exchange.path.endsWith('/access_tokens')) {
        const wanted = (exchange.requestBody as { permissions?: Record<string, 'read' | 'write'> } | null)
          ?.permissions;
        for (const [permission, access] of Object.entries(wanted ?? {})) use(permission, access);
      }
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    await app.github.comment(REPOSITORY, task.pull as number, '/orch status', 'writer');
    // Its answer first: it would read the next settings otherwise.
    await app.until(() => app.comments(task.pull as number).length === 2);
    await app.github.pushCommit(REPOSITORY, 'main', { '.github/orch.yml': 'nonsense: 1\n' }, 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch status', 'reader');
    await app.until(() => app.comments(1).length === 5);
    await app.github.reportJob(REPOSITORY, task.head as string, { name: 'test', conclusion: 'failure' });
    await app.until(() => app.task(2));
    await app.quiet();
    expect([...repositoryOf(app.github).checkRuns.values()].map(({ name }) => name)).toContain(
      'orch settings',
    );
    expect(Object.fromEntries([...used].sort())).toEqual(manifest.default_permissions);
  });
});

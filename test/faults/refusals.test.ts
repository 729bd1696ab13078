import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

const RULES = `error: GH013: Repository rule violations found for refs/heads/orch/T1-fix-it.
Review all repository rules at https://github.com/acme/shop/rules?ref=refs%2Fheads%2Forch%2FT1-fix-it
`;

/** Begins when the file `go` is there. */
const WAITING = { waiting: `while ! test -e ../go; do sleep 0.05; done; ${GOOD_AGENT}` };
const go = (app: TestApp) => writeFileSync(`${app.home}/workspaces/T1.1/go`, '');

/** What the command in a reason fetches, from the host. */
async function fetched(app: TestApp, reason: string | null): Promise<string> {
  const [, store = '', ref = ''] = /git fetch (\S+) (refs\/orch\/rescue\/T1\.1)/.exec(reason ?? '') ?? [];
  const shown = await execa('git', ['--git-dir', store, 'log', '--format=%s', '-1', ref]);
  expect(store.startsWith(app.home)).toBe(true);
  return shown.stdout;
}

const api = (method: 'GET' | 'POST', path: RegExp, status: number, message: string) => ({
  match: { method, path },
  times: Number.POSITIVE_INFINITY,
  effect: {
    kind: 'status' as const,
    status,
    body: { message, documentation_url: 'https://docs.github.com' },
  },
});

describe('fault: a ruleset wants signed commits on every branch', () => {
  it('the task fails with the rule, the next step and a command that fetches the work', async () => {
    await using app = await startTestApp();
    app.github.refusePushes(REPOSITORY, `${RULES}\n- Commits must have verified signatures.\n`);
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const { reason } = await app.ended(1, 'failed');
    expect(reason).toMatch(/^E_PUSH_REFUSED: .*signed commits only.*squash/);
    expect(await fetched(app, reason)).toBe('Fix it');
    await app.quiet();
    expect(app.comments(1)[1]).toMatch(/signed commits only.*git fetch \$ORCH\\?_HOME/);
  });
});

describe('fault: secret scanning blocks the push', () => {
  it('the task fails with that reason, and the work is kept', async () => {
    await using app = await startTestApp();
    app.github.refusePushes(
      REPOSITORY,
      `${RULES}\n- GITHUB PUSH PROTECTION\n    - Push cannot contain secrets\n`,
    );
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const { reason } = await app.ended(1, 'failed');
    expect(reason).toContain('GitHub found a secret in the commits');
    expect(await fetched(app, reason)).toBe('Fix it');
  });
});

describe('fault: the right to push is taken away while an agent works', () => {
  it('the task fails with that reason, and the work is kept', async () => {
    await using app = await startTestApp({ agents: WAITING });
    const [installation] = app.github.world.installations.values();
    const { contents: _, ...rest } = installation?.permissions ?? {};
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.runs.get(1, 1)?.spawnedAt != null);
    app.github.setPermissions(installation as never, { ...rest, contents: 'read' });
    go(app);
    const { reason } = await app.ended(1, 'failed');
    expect(reason).toContain('Orch lacks a permission here');
    expect(await fetched(app, reason)).toBe('Fix it');
  });
});

describe('fault: the right to open pull requests is taken away while an agent works', () => {
  it('the task fails with that reason, the work on its branch', async () => {
    await using app = await startTestApp({ agents: WAITING });
    const [installation] = app.github.world.installations.values();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.runs.get(1, 1)?.spawnedAt != null);
    app.github.setPermissions(installation as never, { ...installation?.permissions, pull_requests: 'read' });
    go(app);
    const task = await app.ended(1, 'failed');
    expect(task.reason).toMatch(/lacks a permission.*on the branch `orch\/T1-fix-it`/);
    expect(await repositoryOf(app.github).git.resolve('orch/T1-fix-it')).toBe(task.head);
  });
});

describe('fault: GitHub opens no pull request because a setting is off', () => {
  it('the task fails with the setting, and the work is on its branch', async () => {
    await using app = await startTestApp();
    const words = 'GitHub Actions is not permitted to create or approve pull requests.';
    app.github.faults.add(api('POST', /\/pulls$/, 403, words));
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const { reason, branch, head } = await app.ended(1, 'failed');
    expect(reason).toMatch(/Settings → Actions → General/);
    expect(await repositoryOf(app.github).git.resolve(branch as string)).toBe(head);
  });
});

describe('fault: the organization lets only some addresses in', () => {
  it('the task fails at once, and the reason names the allow list', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch status', 'writer');
    await app.quiet();
    const words =
      'Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.';
    app.github.faults.add({ ...api('GET', /\/info\/refs$/, 403, words) });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const { reason } = await app.ended(1, 'failed');
    expect(reason).toMatch(/IP allow list.*An owner adds the address/);
    expect(app.runs(1)).toHaveLength(1);
  });
});

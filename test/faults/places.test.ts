import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

/** Says that it works, waits for the file `go` beside its commit, and does what a good agent does. */
const WAITING = `echo half > half.txt; git add half.txt; git commit -qm Half; touch ../begun
  while ! test -e ../go; do sleep 0.05; done; ${GOOD_AGENT}`;

const ASKED = 'writer: /orch fix it';

async function waiting(): Promise<TestApp> {
  const app = await startTestApp({ agents: { waiting: WAITING } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => existsSync(`${app.home}/workspaces/T1.1/begun`));
  await app.until(() => app.task(1).state === 'running');
  return app;
}

const go = (app: TestApp, run = 'T1.1') => writeFileSync(`${app.home}/workspaces/${run}/go`, '');
const installationOf = (app: TestApp) => [...app.github.world.installations.values()][0] as never;
const lose = (app: TestApp) =>
  app.github.faults.add({
    match: { delivery: '*' },
    times: Number.POSITIVE_INFINITY,
    effect: { kind: 'lose' },
  });

describe('fault: the App is uninstalled while an agent works', () => {
  it('the task is cancelled with that reason, its agent stopped, its commits kept', async () => {
    await using app = await waiting();
    app.github.uninstallApp(installationOf(app));
    expect((await app.ended(1, 'cancelled')).reason).toBe('the App was uninstalled from this account');
    expect(app.daemon.store.repositories.get(repositoryOf(app.github).id)).toBeNull();
  });
});

describe('fault: the App is suspended, and not any more', () => {
  it('open tasks are cancelled, and go on by themselves when the suspension ends', async () => {
    await using app = await waiting();
    app.github.setSuspended(installationOf(app), true);
    expect((await app.ended(1, 'cancelled')).reason).toContain('suspended');
    app.github.setSuspended(installationOf(app), false);
    await app.until(() => existsSync(`${app.home}/workspaces/T1.2/begun`));
    go(app, 'T1.2');
    await app.ended(1, 'completed');
    await app.quiet();
    expect(app.comments(1)).toEqual([ASKED, expect.stringContaining('T1 is completed')]);
  });
});

describe('fault: the repository is taken away from the App', () => {
  it('its open tasks are cancelled with that reason', async () => {
    await using app = await startTestApp({ agents: { waiting: WAITING }, chosen: true });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/begun`));
    app.github.selectRepository(installationOf(app), REPOSITORY, false);
    expect((await app.ended(1, 'cancelled')).reason).toBe('the App was taken away from this repository');
  });
});

describe('fault: the repository is renamed while an agent works', () => {
  it('the task goes on under the new name', async () => {
    await using app = await waiting();
    await app.github.renameRepository(REPOSITORY, 'store');
    await app.until(() => app.task(1).repository === 'acme/store');
    go(app);
    await app.ended(1, 'completed');
    await app.quiet();
    expect(app.comments(1)).toEqual([ASKED, expect.stringContaining('T1 is completed')]);
  });

  it('also when nothing tells of it', async () => {
    await using app = await waiting();
    lose(app);
    await app.github.renameRepository(REPOSITORY, 'store');
    await app.stop();
    await app.start();
    await app.until(() => app.task(1).repository === 'acme/store');
    go(app);
    await app.ended(1, 'completed');
  });
});

describe('fault: a delivery comes late, with the name or installation that a repository had before', () => {
  it('the task stays where GitHub says that the repository is', async () => {
    await using app = await waiting();
    const { installation, repositoryId } = app.task(1);
    app.github.addUser('globex', { type: 'Organization' });
    const { id } = app.github.installApp('globex');
    await app.quiet();
    app.github.faults.add({ match: { delivery: 'issue_comment' }, effect: { kind: 'reorder' } });
    await app.github.comment(REPOSITORY, 1, 'I see it too', 'reader');
    await app.github.transferRepository(REPOSITORY, 'globex');
    await app.until(() => app.task(1).repository === 'globex/shop');
    await app.quiet();
    expect(app.task(1)).toMatchObject({ repository: 'globex/shop', repositoryId, installation: id });
    expect(id).not.toBe(installation);
    go(app);
    await app.ended(1, 'completed');
  });
});

describe('fault: the repository is deleted while an agent works', () => {
  it('the task is cancelled with that reason, and its agent stopped', async () => {
    await using app = await waiting();
    await app.github.deleteRepository(REPOSITORY);
    expect((await app.ended(1, 'cancelled')).reason).toBe('the repository was deleted');
  });

  it('also when nothing tells of it', async () => {
    await using app = await waiting();
    lose(app);
    await app.github.deleteRepository(REPOSITORY);
    await app.stop();
    await app.start();
    expect((await app.ended(1, 'cancelled')).reason).toContain('does not let the App reach');
  });
});

describe('fault: the repository is transferred while an agent works', () => {
  it('the task goes on where the App is installed', async () => {
    await using app = await waiting();
    app.github.addUser('globex', { type: 'Organization' });
    const { id } = app.github.installApp('globex');
    await app.github.transferRepository(REPOSITORY, 'globex');
    await app.until(() => app.task(1).repository === 'globex/shop');
    expect(app.task(1).installation).toBe(id);
    go(app);
    await app.ended(1, 'completed');
  });

  it('the task is cancelled where it is not', async () => {
    await using app = await waiting();
    app.github.addUser('globex', { type: 'Organization' });
    await app.github.transferRepository(REPOSITORY, 'globex');
    await app.stop();
    await app.start();
    expect((await app.ended(1, 'cancelled')).reason).toContain('does not let the App reach');
  });
});

describe('fault: the issue is deleted while an agent works', () => {
  it('the task is cancelled with that reason', async () => {
    await using app = await waiting();
    await app.github.deleteIssue(REPOSITORY, 1);
    expect((await app.ended(1, 'cancelled')).reason).toBe('the issue was deleted');
  });
});

describe('fault: the issue is transferred while an agent works', () => {
  it('the task is cancelled, and the reason says where the issue is', async () => {
    await using app = await waiting();
    await app.github.createRepository({ owner: 'acme', name: 'other', files: { 'README.md': '#\n' } });
    const { number } = await app.github.transferIssue(REPOSITORY, 1, 'acme/other');
    expect((await app.ended(1, 'cancelled')).reason).toBe(
      `the issue was moved to acme/other#${number}: ask there`,
    );
  });
});

describe('fault: the issue is closed or locked while an agent works', () => {
  it('the task goes on, and its pull request tells how it stands where no comment is taken', async () => {
    await using app = await waiting();
    await app.github.setState(REPOSITORY, 1, 'closed', 'writer');
    await app.github.setLocked(REPOSITORY, 1, true);
    go(app);
    await app.ended(1, 'completed');
    await app.quiet();
    const [check] = repositoryOf(app.github).checkRuns.values();
    expect(check).toMatchObject({ status: 'completed', conclusion: 'neutral' });
  });
});

describe('fault: the task’s comment is deleted by someone', () => {
  it('it stays deleted, and the task goes on', async () => {
    await using app = await waiting();
    await app.quiet();
    const [comment] = [...repositoryOf(app.github).comments.values()].filter(({ byApp }) => byApp);
    await app.github.deleteComment(REPOSITORY, comment?.id as number, 'writer');
    go(app);
    await app.ended(1, 'completed');
    await app.quiet();
    expect(app.comments(1)).toEqual([ASKED]);
  });
});

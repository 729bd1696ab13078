import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

/** Opens its pull request, then goes on until the file `go` is there. */
const LINGERING = `echo fixed > fixed.txt; git add fixed.txt; git commit -qm 'Fix it'; git push -q
  gh pr create --title 'Fix it' --body 'Fixed.'; while ! test -e ../go; do sleep 0.05; done; orch done`;

async function opened(settings: Record<string, unknown> = {}): Promise<TestApp & { pull: number }> {
  const app = await startTestApp({ agents: { lingering: LINGERING }, settings });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  const pull = await app.until(() => app.daemon.store.tasks.get(1)?.pull);
  await app.until(() => app.task(1).state === 'running');
  return Object.assign(app, { pull });
}

const go = (app: TestApp, run = 'T1.1') => writeFileSync(`${app.home}/workspaces/${run}/go`, '');

describe('fault: the pull request is closed by someone while the agent works', () => {
  it('the task is cancelled with that reason, and its agent stopped', async () => {
    await using app = await opened();
    await app.github.setState(REPOSITORY, app.pull, 'closed', 'writer');
    expect((await app.ended(1, 'cancelled')).reason).toBe(`the pull request #${app.pull} was closed`);
    await app.quiet();
    expect(app.comments(1)).toEqual(['writer: /orch fix it', expect.stringContaining('T1 is cancelled')]);
  });
});

describe('fault: the pull request is merged by someone while the agent works', () => {
  it('the task is completed, and its agent stopped', async () => {
    await using app = await opened();
    await app.github.merge(REPOSITORY, app.pull, 'writer');
    await app.ended(1, 'completed');
    await app.until(() => !existsSync(`${app.home}/workspaces/T1.1`));
    expect(app.runs(1)).toMatchObject([{ outcome: 'succeeded' }]);
  });
});

describe('fault: the pull request is closed and opened again by someone', () => {
  it('a later try goes on in the same one', async () => {
    await using app = await opened();
    await app.github.setState(REPOSITORY, app.pull, 'closed', 'writer');
    await app.ended(1, 'cancelled');
    await app.github.setState(REPOSITORY, app.pull, 'open', 'writer');
    await app.until(() => app.task(1).pullState === 'open');
    await app.github.comment(REPOSITORY, 1, '/orch retry', 'writer');
    await app.until(() => app.runs(1).length === 2 && existsSync(`${app.home}/workspaces/T1.2`));
    await app.until(() => app.task(1).state === 'running');
    go(app, 'T1.2');
    expect((await app.ended(1, 'completed')).pull).toBe(app.pull);
  });
});

describe('fault: the pull request is led to another base by someone', () => {
  it('the task goes on, and knows the new base', async () => {
    await using app = await opened();
    await app.github.pushCommit(REPOSITORY, 'next', { 'next.txt': 'next\n' }, 'writer');
    await app.github.setBase(REPOSITORY, app.pull, 'next');
    await app.until(() => app.task(1).target === 'next');
    go(app);
    expect(await app.ended(1, 'completed')).toMatchObject({ base: 'next', pull: app.pull });
  });
});

/** Pushes, then waits for `go` before it opens its pull request. */
const SLOW = `echo fixed > fixed.txt; git add fixed.txt; git commit -qm 'Fix it'; git push -q
  while ! test -e ../go; do sleep 0.05; done; gh pr create --title 'Fix it' --body 'Fixed.'; orch done`;

describe('fault: somebody who may not command opens a pull request from the branch of a task', () => {
  it('and can neither end the task by closing it, nor lead the task to another base', async () => {
    await using app = await startTestApp({ agents: { slow: SLOW } });
    for (const branch of ['next', 'other'])
      await app.github.pushCommit(REPOSITORY, branch, { [branch]: 'text' }, 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.head);
    const head = app.task(1).branch as string;
    await app.until(() => app.task(1).state === 'running');
    const open = (base: string) =>
      app.github.openPull(REPOSITORY, { title: 'Mine', head, base, user: 'reader' });

    await open('next');
    const theirs = await open('main');
    await app.until(() => app.task(1).pull === theirs.number);
    await app.github.setBase(REPOSITORY, theirs.number, 'other');
    await app.github.setState(REPOSITORY, theirs.number, 'closed', 'reader');
    await app.until(() => app.task(1).pullState === 'closed');
    await app.until(() => app.daemon.store.inbox.waiting() === 0);
    expect(app.task(1)).toMatchObject({ state: 'running', target: 'main' });
    go(app);
    const task = await app.ended(1, 'completed');
    expect(task.pull).toBeGreaterThan(theirs.number);
  });
});

/** Commits, then waits for `go` before it pushes and opens its pull request. */
const PATIENT = `echo fixed > fixed.txt; git add fixed.txt; git commit -qm 'Fix it'; touch ../begun
  while ! test -e ../go; do sleep 0.05; done
  git push -q && gh pr create --title 'Fix it' --body 'Fixed.'; orch done`;

async function committed(agent = PATIENT): Promise<TestApp> {
  const app = await startTestApp({ agents: { patient: agent } });
  await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
  await app.until(() => existsSync(`${app.home}/workspaces/T1.1/begun`));
  await app.until(() => app.task(1).state === 'running');
  return app;
}

const tip = (app: TestApp, branch: string) => repositoryOf(app.github).git.resolve(branch);

describe('fault: the base branch is force-pushed while the agent works', () => {
  it('the task is completed from the base that it began with', async () => {
    await using app = await committed();
    const sha = await app.github.pushCommit(REPOSITORY, 'elsewhere', { 'README.md': '# Other\n' }, 'writer');
    await app.github.moveBranch(REPOSITORY, 'main', sha);
    go(app);
    const task = await app.ended(1, 'completed');
    expect(task.baseSha).not.toBe(sha);
  });
});

describe('fault: the base branch is deleted while the agent works', () => {
  it('the task fails with a reason and what to do, and the commits are on its branch', async () => {
    await using app = await startTestApp({ agents: { patient: PATIENT } });
    await app.github.pushCommit(REPOSITORY, 'next', { 'next.txt': 'next\n' }, 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch --base next fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/begun`));
    await app.until(() => app.task(1).state === 'running');
    await app.github.moveBranch(REPOSITORY, 'next', null);
    go(app);
    const task = await app.ended(1, 'failed');
    expect(task.reason).toMatch(/base branch is gone.*--base/);
    expect(await tip(app, task.branch as string)).toBe(task.head);
  });
});

describe('fault: a branch of that name is there and is somebody else’s', () => {
  it('the task takes another name, and theirs stays as it is', async () => {
    await using app = await startTestApp();
    const theirs = await app.github.pushCommit(REPOSITORY, 'orch/T1-fix-it', { 'a.txt': 'a\n' }, 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'completed')).branch).toBe('orch/T1-fix-it-2');
    expect(await tip(app, 'orch/T1-fix-it')).toBe(theirs);
  });

  it('also when it comes while the agent works: the next try takes another name', async () => {
    await using app = await committed();
    const theirs = await app.github.pushCommit(REPOSITORY, 'orch/T1-fix-it', { 'a.txt': 'a\n' }, 'writer');
    go(app);
    expect((await app.ended(1, 'failed')).reason).toContain('orch/T1-fix-it');
    await app.github.comment(REPOSITORY, 1, '/orch retry', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.2/begun`));
    go(app, 'T1.2');
    expect((await app.ended(1, 'completed')).branch).toBe('orch/T1-fix-it-2');
    expect(await tip(app, 'orch/T1-fix-it')).toBe(theirs);
  });
});

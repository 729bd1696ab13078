import { existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

describe('a label', () => {
  it('starts a task on the issue as it stands, and taking it off cancels', async () => {
    await using app = await startTestApp({ agents: { slow: 'sleep 60' } });
    await app.github.setLabel(REPOSITORY, 1, 'bug', 'writer');
    await app.github.setLabel(REPOSITORY, 1, 'orch', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    expect(app.task(1)).toMatchObject({
      instruction: 'The total is wrong',
      issueBody: 'It leaves the quantity out.',
      requester: 'writer',
    });
    await app.quiet();
    expect(
      repositoryOf(app.github)
        .issues.get(1)
        ?.reactions.map(each => each.content),
    ).toEqual(['eyes']);
    await app.github.unsetLabel(REPOSITORY, 1, 'orch', 'writer');
    expect((await app.ended(1, 'cancelled')).reason).toBe('writer took the label off');
  });

  it('can name the agent and the priority', async () => {
    await using app = await startTestApp({ agents: { one: 'exit 0', two: GOOD_AGENT } });
    await app.github.setLabel(REPOSITORY, 1, 'orch:high', 'writer');
    await app.github.setLabel(REPOSITORY, 1, 'orch:two', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ agent: 'two', priority: 'high' });
  });

  it('by someone without write access does nothing', async () => {
    await using app = await startTestApp();
    await app.github.setLabel(REPOSITORY, 1, 'orch', 'triager');
    await app.quiet();
    expect(app.daemon.store.tasks.list(10)).toEqual([]);
  });
});

describe('a check run', () => {
  it('has buttons that pause and resume, one that cancels, and one that tries again', async () => {
    const script = `echo x >> x; git add x; git commit -qm x; git push -q; while true; do sleep 0.1; done`;
    await using app = await startTestApp({ agents: { slow: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const shown = (label: string) =>
      app.until(() =>
        [...repositoryOf(app.github).checkRuns.values()].find(each =>
          each.actions.some(action => action.label === label),
        ),
      );
    const first = await shown('Pause');
    expect(first.actions.map(action => action.label)).toEqual(['Cancel', 'Pause']);
    await app.github.clickCheckAction(REPOSITORY, first.id, 'pause', 'writer');
    const paused = await shown('Resume');
    expect(app.task(1)).toMatchObject({ state: 'paused', reason: 'paused by writer' });
    expect(paused.actions.map(action => action.label)).toEqual(['Cancel', 'Resume']);
    await app.github.clickCheckAction(REPOSITORY, paused.id, 'resume', 'writer');
    await app.until(() => app.task(1).state === 'running');
    const check = await shown('Pause');
    await app.github.clickCheckAction(REPOSITORY, check.id, 'cancel', 'writer');
    await app.ended(1, 'cancelled');
    await app.quiet();
    expect(check).toMatchObject({ conclusion: 'cancelled', actions: [{ label: 'Retry' }] });
    await app.github.clickCheckAction(REPOSITORY, check.id, 'retry', 'writer');
    await app.until(() => app.runs(1).length === 3);
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(1, 'cancelled');
  });
});

describe('a pull request', () => {
  it('of somebody else is worked on in a branch of its own, onto theirs', async () => {
    await using app = await startTestApp();
    await app.github.pushCommit(REPOSITORY, 'feature', { 'feature.txt': 'new\n' }, 'writer');
    const pull = await app.github.openPull(REPOSITORY, {
      title: 'Feature',
      head: 'feature',
      base: 'main',
      user: 'writer',
    });
    await app.github.comment(REPOSITORY, pull.number, '/orch add a test', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    expect(task).toMatchObject({
      target: 'feature',
      branch: 'orch/T1-add-a-test',
      headSha: pull.pull.head.sha,
    });
    const made = repositoryOf(app.github).issues.get(task.pull as number);
    expect(made?.pull?.base.ref).toBe('feature');
    expect(made?.body).toContain(`For #${pull.number}.`);
    const checks = [...repositoryOf(app.github).checkRuns.values()];
    expect(checks.map(check => [check.headSha, check.conclusion])).toEqual([
      [pull.pull.head.sha, 'neutral'],
      [task.head, 'neutral'],
    ]);
  });

  it('can’t be answered onto a branch that is not there', async () => {
    await using app = await startTestApp();
    const pull = await openFeature(app);
    await app.github.comment(REPOSITORY, pull, '/orch --base gone fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toContain('E_UNKNOWN_BASE');
  });

  it('with two tasks has one check run of each on its head, also when GitHub’s answer to one got lost', async () => {
    await using app = await startTestApp({ agents: { good: 'exit 0' } });
    const pull = await openFeature(app);
    const drop = { kind: 'drop' } as const;
    app.github.faults.add({ match: { method: 'POST', path: /check-runs$/ }, effect: drop });
    await app.github.comment(REPOSITORY, pull, '/orch do one\n/orch do another', 'writer');
    await app.ended(1, 'failed');
    await app.ended(2, 'failed');
    await app.quiet();
    const checks = [...repositoryOf(app.github).checkRuns.values()];
    expect(checks.map(each => each.externalId).sort()).toEqual(['T1', 'T2']);
    expect(checks.map(each => each.status)).toEqual(['completed', 'completed']);
  });

  it('that is merged or closed ends the life of the workspace', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    expect(existsSync(`${app.home}/workspaces/T1.1`)).toBe(true);
    await app.github.merge(REPOSITORY, task.pull as number, 'writer');
    await app.until(() => app.runs(1)[0]?.cleanedAt);
    expect(app.task(1).pullState).toBe('merged');
    expect(existsSync(`${app.home}/workspaces/T1.1`)).toBe(false);
    expect(existsSync(`${app.home}/runs/T1.1`)).toBe(false);
  });

  it('that somebody opens from the agent’s branch is found although its webhook is lost', async () => {
    const script =
      'echo x > x; git add x; git commit -qm x; git push -q; while ! test -e go; do sleep 0.05; done';
    await using app = await startTestApp({ agents: { lazy: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.head);
    app.github.faults.add({
      match: { delivery: 'pull_request' },
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'lose' },
    });
    const pull = await app.github.openPull(REPOSITORY, {
      title: 'By hand',
      head: 'orch/T1-fix-it',
      base: 'main',
      user: 'writer',
    });
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: pull.number });
  });
});

/** A pull request of somebody's; gives its number. */
async function openFeature({ github }: TestApp): Promise<number> {
  await github.pushCommit(REPOSITORY, 'feature', { 'feature.txt': 'new\n' }, 'writer');
  const pull = { title: 'A feature', head: 'feature', base: 'main', user: 'writer' };
  return (await github.openPull(REPOSITORY, pull)).number;
}

describe('a repository', () => {
  it('that is empty is said in the comment', async () => {
    await using app = await startTestApp({ repository: { files: undefined } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'failed');
    await app.quiet();
    expect(app.comments(1)[1]).toContain('E_EMPTY_REPOSITORY');
  });

  it('may call its default branch what it likes', async () => {
    await using app = await startTestApp({ repository: { defaultBranch: 'trunk' } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ target: 'trunk' });
  });

  it('may protect the agents’ branches, which is said in the comment', async () => {
    await using app = await startTestApp({
      repository: { protected: ['orch/T1-fix-it'] },
      agents: { good: `echo x > x; git add x; git commit -qm x` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'failed');
    await app.quiet();
    expect(app.comments(1)[1]).toMatch(
      /E_PUSH_REFUSED: GitHub refused the push to `orch\/T1-fix-it`.*Protected branch/,
    );
  });

  it('whose branch name is taken by somebody else gets the next one', async () => {
    await using app = await startTestApp();
    await app.github.pushCommit(REPOSITORY, 'orch/T1-fix-it', { 'mine.txt': 'mine\n' }, 'writer');
    const theirs = await repositoryOf(app.github).git.resolve('orch/T1-fix-it');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ branch: 'orch/T1-fix-it-2' });
    expect(await repositoryOf(app.github).git.resolve('orch/T1-fix-it')).toBe(theirs);
  });

  it('without the branch that was asked for says so', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch --base relase fix it', 'writer');
    await app.ended(1, 'failed');
    await app.quiet();
    expect(app.comments(1)[1]).toContain('E_UNKNOWN_BASE: There is no branch `relase`');
  });

  it('has settings of its own on its default branch', async () => {
    const file = [
      'setup:',
      '  - echo ready > ready.txt',
      'labels:',
      '  pull_request: [robot]',
      'prompt: "Please {{instruction}} {{steps}}"',
    ].join('\n');
    await using app = await startTestApp({
      files: { 'README.md': '#\n', '.github/orch.yml': file },
      agents: { good: `test -e ready.txt && ${GOOD_AGENT}` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const pull = repositoryOf(app.github).issues.get(task.pull as number);
    expect(pull?.labels.map(label => label.name)).toEqual(['robot']);
  });

  it('with invalid settings is told once where they are wrong, and the last valid ones stay in force', async () => {
    await using app = await startTestApp({
      files: { 'README.md': '#\n', '.github/orch.yml': 'agent: good\nconcurency: 2\n' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch status', 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch status', 'writer');
    await app.until(() => app.comments(1).length === 5);
    await app.quiet();
    expect(app.comments(1).filter(text => text.includes('line 2'))).toHaveLength(1);
    const checks = [...repositoryOf(app.github).checkRuns.values()];
    expect(checks).toMatchObject([
      { name: 'orch settings', conclusion: 'failure', annotations: [{ start_line: 2 }] },
    ]);
  });

  it('with a setup command that fails says which', async () => {
    await using app = await startTestApp({
      files: { 'README.md': '#\n', '.github/orch.yml': 'setup: ["echo preparing; exit 4"]\n' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toContain('`echo preparing; exit 4` failed');
  });
});

describe('an archived repository', () => {
  it('takes no push, and the log tells why', async () => {
    await using app = await startTestApp({
      agents: {
        good: 'while ! test -e go; do sleep 0.05; done; rm go; echo x > x; git add x; git commit -qm x; git push',
      },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    await app.quiet();
    repositoryOf(app.github).archived = true;
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    const task = await app.until(() => app.daemon.store.tasks.get(1)?.state !== 'running' && app.task(1));
    expect(task).toMatchObject({ state: 'failed', reason: expect.stringContaining('archived') });
  });
});

describe('GitHub away', () => {
  it('while commits are pushed delays the end, and nothing is lost', async () => {
    await using app = await startTestApp({ agents: { lazy: 'echo x > x; git add x; git commit -qm x' } });
    app.github.faults.add({
      match: { path: /git-receive-pack/ },
      times: 2,
      effect: { kind: 'status', status: 502 },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
    expect(app.runs(1)).toHaveLength(1);
  });

  it('while it is told of the task delays the comment, and nothing is doubled', async () => {
    await using app = await startTestApp();
    app.github.faults.add({
      match: { method: 'POST', path: /issues\/1\/comments$/ },
      times: 1,
      effect: { kind: 'drop' },
    });
    app.github.faults.add({
      match: { method: 'POST', path: /\/pulls$/ },
      times: 1,
      effect: { kind: 'drop' },
    });
    app.github.faults.add({
      match: { method: 'POST', path: /check-runs$/ },
      times: 1,
      effect: { kind: 'drop' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.pull);
    await app.until(() => app.comments(1).some(text => text.includes('T1 is completed')));
    await app.quiet();
    expect(app.comments(1)).toHaveLength(2);
    expect([...repositoryOf(app.github).issues.values()]).toHaveLength(2);
    expect([...repositoryOf(app.github).checkRuns.values()]).toMatchObject([{ conclusion: 'neutral' }]);
  });
});

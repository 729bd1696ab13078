import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { cancel, endRun } from '../../src/queue/change.ts';
import { openStoreFile } from '../../src/store/file.ts';
import type { Run } from '../../src/task/glossary.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

const WAIT = 'while ! test -e go; do sleep 0.05; done; rm go';

/** A ref of the daemon's own repository of the only remote. */
async function kept(app: TestApp, ref: string): Promise<string> {
  const host = new URL(app.github.url).host.replace(':', '+');
  const directory = `${app.home}/stores/${host}/repositories/${repositoryOf(app.github).id}.git`;
  const shown = await execa('git', ['--git-dir', directory, 'show-ref', '--verify', '--hash', ref], {
    reject: false,
  });
  return shown.stdout;
}

describe('commits of a cancelled run', () => {
  it.each([false, true])('are kept where only Orch sees them (restart before: %s)', async restart => {
    const script = `echo x > x; git add x; git commit -qm x; : > ../committed; trap '' INT; ${WAIT}; sleep 60`;
    await using app = await startTestApp({ agents: { slow: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/committed`));
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'cancelled');
    if (restart) {
      await app.stop();
      await app.start();
    }
    await app.ended(1, 'cancelled');
    expect(await kept(app, 'refs/orch/runs/T1.1/head')).toMatch(/^[0-9a-f]{40}$/);
    expect(await repositoryOf(app.github).git.resolve('orch/T1-fix-it')).toBeNull();
  });
});

describe('commits of a run whose start was not written down before a crash', () => {
  it.each(['settled', 'removed'])('are kept when the run is %s after a cancel', async when => {
    const script = `echo x > x; git add x; git commit -qm x; : > ../committed; ${WAIT}; sleep 60`;
    await using app = await startTestApp({ agents: { slow: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/committed`));
    await app.stop();
    forgetLaunch(`${app.home}/orch.db`, when === 'removed');
    await app.start();
    await app.until(() => app.runs(1)[0]?.cleanedAt);
    expect(app.runs(1)).toMatchObject([{ outcome: 'cancelled', spawnedAt: null }]);
    expect(await kept(app, 'refs/orch/rescue/T1.1')).toMatch(/^[0-9a-f]{40}$/);
  });
});

/** The rows as a crash between spawn and row leaves them, cancelled since; `ended`: and settled by an Orch that looked no further. */
function forgetLaunch(file: string, ended: boolean): void {
  using store = openStoreFile(file);
  const run = store.runs.get(1, 1) as Run;
  store.runs.update(run, { spawnedAt: null, pid: null, pidStart: null });
  cancel(store, 1, 'no', Date.now());
  const ending = { outcome: 'cancelled', exitCode: null, reason: null, lastWords: null } as const;
  if (ended) endRun(store, run, ending, Date.now());
}

describe('an agent that spoils its workspace', () => {
  it.each([
    ['its repository', 'rm -rf ../repository.git'],
    ['its tree', 'cd ..; rm -rf tree'],
  ])('by removing %s is tried again, then a person is asked', async (_what, script) => {
    await using app = await startTestApp({ agents: { bad: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'escalated');
    expect(app.runs(1)).toHaveLength(4);
    expect(task.reason).toContain('E_PROGRAM_FAILED');
  });
});

describe('a pull request onto another branch than the task’s', () => {
  it('is refused, and the agent is told', async () => {
    const script =
      'echo x > x; git add x; git commit -qm x; git push -q; gh pr create -f --base release; gh pr create -f --base main';
    await using app = await startTestApp({ agents: { good: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ target: 'main', pull: 2 });
    expect(readFileSync(`${app.home}/logs/T1.1.log`, 'utf8')).toContain(
      'opens its pull request onto main, not release',
    );
  });
});

describe('settings that ask for a file which is not there', () => {
  it('fail the task at once', async () => {
    await using app = await startTestApp({
      files: { 'README.md': '#\n', '.github/orch.yml': 'copy: [.env]\n' },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toContain('`.env`');
    expect(app.runs(1)).toHaveLength(1);
  });

  it('copy it when it is there', async () => {
    const files = { 'README.md': '#\n', '.github/orch.yml': 'copy: [.env]\n' };
    await using app = await startTestApp({
      files,
      agents: { good: 'test "$(cat .env)" = KEY=1 && git add -A && git diff --cached --quiet && exit 0' },
    });
    await execa('mkdir', ['-p', `${app.home}/files/${REPOSITORY}`]);
    writeFileSync(`${app.home}/files/${REPOSITORY}/.env`, 'KEY=1\n');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toBe('the agent ended without a commit');
  });
});

describe('what an agent left without pushing', () => {
  it.each([
    ['refuses', 'exit 1'],
    ['leaves a process behind', '(sleep 300) & exit 0'],
  ])('is taken although the repository has a hook that %s', async (_what, hook) => {
    const script = `mkdir hk; printf '#!/bin/sh\\n${hook}\\n' > hk/pre-push; chmod +x hk/pre-push
      git config core.hooksPath hk; echo x > x; git add x; git commit -qm x`;
    await using app = await startTestApp({ agents: { lazy: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
  });

  it('counts also when its last command was not to be found', async () => {
    const script = 'echo x > x; git add x; git commit -qm x; git push -q; no-such-tool-here';
    await using app = await startTestApp({
      agents: { lazy: script },
      settings: { task_queue: { max_retries: 0 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'escalated')).reason).toContain('crashed with exit code 127');
  });
});

describe('GitHub', () => {
  it('that fails once when the agent opens its pull request is asked again', async () => {
    await using app = await startTestApp();
    app.github.faults.add({
      match: { method: 'POST', path: /\/pulls$/ },
      effect: { kind: 'status', status: 502 },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    expect(app.runs(1)).toHaveLength(1);
  });

  it('that has withdrawn the tokens before their time gives new ones', async () => {
    await using app = await startTestApp();
    await app.github.comment(REPOSITORY, 1, '/orch status', 'writer');
    await app.until(() => app.comments(1).length === 2);
    app.github.world.tokens.clear();
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
  });

  it('that does not tell the number of the App’s user gets commits all the same', async () => {
    await using app = await startTestApp();
    const unknown = { kind: 'status', status: 404, body: { message: 'Not Found' } } as const;
    app.github.faults.add({ match: { path: /\/users\// }, times: Number.POSITIVE_INFINITY, effect: unknown });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    const commit = await repositoryOf(app.github).git.run(['cat-file', 'commit', task.head as string]);
    expect(commit).toContain('<orch-simulated[bot]@users.noreply.127.0.0.1>');
  });

  it('that does not show pull requests any more ends the task', async () => {
    await using app = await startTestApp({
      agents: { good: 'echo x > x; git add x; git commit -qm x; git push -q' },
    });
    const gone = { kind: 'status', status: 404, body: { message: 'Not Found' } } as const;
    app.github.faults.add({ match: { path: /\/pulls$/ }, times: Number.POSITIVE_INFINITY, effect: gone });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toContain('Not Found');
  });

  it('that has a branch in the way of the agents’ branches is told of', async () => {
    await using app = await startTestApp();
    await app.github.pushCommit(REPOSITORY, 'orch', { 'a.txt': 'a\n' }, 'writer');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toContain('Rename or delete the branch');
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';

const COMMIT = "echo fixed > fixed.txt && git add fixed.txt && git commit -qm 'Fix it'";

describe('an agent that', () => {
  it('ends with nothing has failed, and its last words are told', async () => {
    await using app = await startTestApp({ agents: { idle: 'echo I could not find the bug' } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'failed');
    await app.quiet();
    expect(task.reason).toBe('the agent ended without a commit');
    expect(app.runs(1)).toMatchObject([{ outcome: 'failed', exitCode: 0 }]);
    expect(app.comments(1)[1]).toContain('I could not find the bug');
    expect(app.comments(1)[1]).toContain('`/orch retry T1`');
  });

  it('leaves commits unpushed gets a draft', async () => {
    await using app = await startTestApp({ agents: { lazy: COMMIT } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    expect(task).toMatchObject({ pull: 2, reason: expect.stringContaining('opened a draft') });
    expect(repositoryOf(app.github).issues.get(2)?.pull?.draft).toBe(true);
    expect([...repositoryOf(app.github).checkRuns.values()]).toMatchObject([{ conclusion: 'neutral' }]);
  });

  it('leaves commits where the policy is to fail has failed, and the commits are on its branch', async () => {
    const settings = { policies: { no_pull_request: 'fail' } };
    await using app = await startTestApp({ agents: { lazy: COMMIT }, settings: { ...QUICK, ...settings } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'failed');
    await app.quiet();
    expect(await repositoryOf(app.github).git.resolve('orch/T1-fix-it')).toBe(task.head);
    expect([...repositoryOf(app.github).checkRuns.values()]).toMatchObject([{ conclusion: 'failure' }]);
  });

  it('crashes is tried again three times, then a person is asked', async () => {
    await using app = await startTestApp({ agents: { crashing: 'exit 3' } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'escalated');
    await app.quiet();
    expect(app.runs(1).map(run => [run.outcome, run.exitCode])).toEqual(Array(4).fill(['crashed', 3]));
    expect(task.reason).toContain('tried 4 times');
    expect(app.comments(1)).toHaveLength(2);
    expect(app.comments(1)[1]).toContain('🙋 T1 needs a person');
  });

  it('crashes after a commit goes on from it', async () => {
    const script = `if test -e fixed.txt; then git push -q; gh pr create -f; else ${COMMIT}; exit 1; fi`;
    await using app = await startTestApp({ agents: { crashing: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    expect(app.runs(1).map(run => run.outcome)).toEqual(['crashed', 'succeeded']);
  });

  it('stays when its turn is over is ended, and its work counts', async () => {
    const work = GOOD_AGENT.replace('&& orch done', '');
    const agent = {
      command: ['sh', '-c', `(${work}) >&2; echo '{"done":true}'; trap '' INT; sleep 300; sleep 300`],
      events: [{ when: { done: true }, as: 'end' }],
    };
    await using app = await startTestApp({
      settings: {
        agents: { lingering: agent },
        task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 0 },
      },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    expect(task.pull).toBe(2);
    expect(app.runs(1)).toMatchObject([{ outcome: 'succeeded', doneAt: null }]);
  });

  it('is refused by its model for good and tries on is stopped, and its task fails once with the reason', async () => {
    const call = `echo '{"refused":401,"why":"no such key"}'; echo call >>../calls`;
    const agent = {
      command: [
        'sh',
        '-c',
        `trap 'echo "{\\"failed\\":true}"; exit 1' INT; while :; do ${call}; sleep 0.1; done`,
      ],
      events: [
        { when: { refused: 401 }, as: 'retry', take: { status: 'refused', message: 'why' } },
        { when: { failed: true }, as: 'end', set: { failed: true, message: 'interrupted' } },
      ],
      refusals: [{ status: [401] }],
    };
    await using app = await startTestApp({
      settings: { agents: { keyless: agent }, task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect((await app.ended(1, 'failed')).reason).toBe('no such key');
    expect(app.runs(1)).toMatchObject([{ outcome: 'failed', exitCode: 1 }]);
    const calls = readFileSync(`${app.home}/workspaces/T1.1/calls`, 'utf8').trim().split('\n').length;
    expect(calls).toBeLessThan(60);
  });

  it('takes too long is interrupted, and killed with all it started', async () => {
    const stubborn = "trap '' INT TERM; setsid sh -c \"trap '' INT TERM; sleep 300\" & sleep 300; sleep 300";
    await using app = await startTestApp({
      agents: { slow: stubborn },
      settings: { ...QUICK, task_queue: { max_retries: 0, stop_grace_seconds: 0 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const running = await app.until(() => app.daemon.store.runs.live().find(run => run.pid !== null));
    app.daemon.store.tasks.update(1, running.epoch, { timeoutSeconds: 0 });
    const task = await app.ended(1, 'escalated');
    expect(task.reason).toContain('no result after');
    expect(app.runs(1)[0]).toMatchObject({ outcome: 'timed_out' });
  });

  it('is not installed fails the task at once with the remedy', async () => {
    await using app = await startTestApp({
      settings: { ...QUICK, agents: { gone: { command: ['no-such-agent-here'] } } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'failed');
    await app.quiet();
    expect(app.runs(1)).toHaveLength(1);
    expect(app.comments(1)[1]).toMatch(/E_MISSING_PROGRAM: .*no-such-agent-here.* Install it/);
  });

  it('pushes elsewhere is refused by the broker and told why', async () => {
    const script = `git push origin HEAD:main 2>&1; git push origin HEAD:refs/tags/v1 2>&1; git push origin :main 2>&1; ${COMMIT}; git push origin HEAD:main 2>&1; exit 0`;
    await using app = await startTestApp({
      agents: { bad: script },
      settings: { ...QUICK, policies: { no_pull_request: 'fail' } },
    });
    const before = await repositoryOf(app.github).git.resolve('main');
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'failed');
    expect(app.runs(1)[0]?.lastWords).toContain('this run may push orch/T1-fix-it only');
    expect(await repositoryOf(app.github).git.resolve('main')).toBe(before);
    expect(await repositoryOf(app.github).git.resolve('refs/tags/v1')).toBeNull();
  });

  it('amends what it has pushed may push it by force', async () => {
    const script = `${COMMIT}; git push -q; gh pr create -f; git commit -q --amend -m 'Fix it better'; git push -q --force`;
    await using app = await startTestApp({ agents: { good: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    const task = await app.ended(1, 'completed');
    await app.quiet();
    const git = repositoryOf(app.github).git;
    expect(await git.run(['log', '-1', '--format=%s', task.head as string])).toContain('Fix it better');
    const checks = [...repositoryOf(app.github).checkRuns.values()];
    expect(checks.map(check => check.conclusion)).toEqual(['neutral', 'neutral']);
  });
});

describe('a restart', () => {
  it('finds the running agent again, and its work is taken', async () => {
    const script = `while ! test -e go; do sleep 0.05; done; ${GOOD_AGENT}`;
    await using app = await startTestApp({ agents: { slow: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    const pid = app.runs(1)[0]?.pid;
    await app.stop();
    await app.start();
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    await app.ended(1, 'completed');
    expect(app.runs(1)).toMatchObject([{ pid, outcome: 'succeeded' }]);
  });

  it('takes what an agent finished while the daemon was away', async () => {
    await using app = await startTestApp({
      agents: { lazy: `while ! test -e go; do sleep 0.05; done; rm go; ${COMMIT}; : > ../done` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    await app.stop();
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/done`));
    await app.start();
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
  });

  it('handles deliveries that were recorded and not handled', async () => {
    await using app = await startTestApp();
    await app.quiet();
    app.github.faults.add({
      match: { path: /\/permission$/ },
      times: 1,
      effect: { kind: 'status', status: 502 },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.inbox.next()?.event === 'issue_comment');
    await app.stop();
    await app.start();
    await app.ended(1, 'completed');
  });
});

const QUICK = { task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 } };

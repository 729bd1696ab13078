import { globSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/shared/program.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

const WAIT = 'while ! test -e go; do sleep 0.05; done';
const COMMIT = "echo x > fixed.txt; git add fixed.txt; git commit -qm 'Fix it'";

function letGo(app: TestApp, task: number): void {
  writeFileSync(`${app.home}/workspaces/T${task}.1/tree/go`, '');
}

async function branches(app: TestApp): Promise<string[]> {
  return [...(await repositoryOf(app.github).git.refs('refs/heads/')).keys()];
}

/** Whether Orch's own store has the last commit of a run's copy. */
async function isKept(app: TestApp, run: string): Promise<boolean> {
  const [store = ''] = globSync(`${app.home}/stores/*/*/*.git`);
  const tree = `${app.home}/workspaces/${run}/tree`;
  const kept = await runProgram('git', ['-C', store, 'rev-parse', `refs/orch/runs/${run}/head`]);
  return kept === (await runProgram('git', ['-C', tree, 'rev-parse', 'HEAD']));
}

describe('fault: who asked for a task loses the right to command', () => {
  it('a task that waits fails with `E_ACCESS_LOST` before its agent starts', async () => {
    await using app = await startTestApp({
      agents: { good: WAIT },
      settings: { limits: { concurrent: 1 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch wait\n\n/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    app.github.addCollaborator(REPOSITORY, 'writer', 'read');
    app.github.addUser('other');
    app.github.addCollaborator(REPOSITORY, 'other', 'write');
    await app.github.comment(REPOSITORY, 1, '/orch cancel T1', 'other');
    const task = await app.ended(2, 'failed');
    expect(task.reason).toContain('E_ACCESS_LOST: `writer`, who asked for this');
    expect(app.runs(2)).toMatchObject([{ spawnedAt: null, outcome: 'failed' }]);
  });

  it('what its agent made meanwhile is kept and not published; who retries the task answers for it', async () => {
    await using app = await startTestApp({
      agents: {
        good: `${WAIT}; ${COMMIT}; git push -q; gh pr create --title x --body y && orch done`,
      },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    app.github.addCollaborator(REPOSITORY, 'writer', 'triage');
    letGo(app, 1);
    const task = await app.ended(1, 'failed');
    expect(task.reason).toContain('E_ACCESS_LOST');
    expect(await branches(app)).toEqual(['refs/heads/main']);
    expect(repositoryOf(app.github).issues.size).toBe(1);
    expect(await isKept(app, 'T1.1')).toBe(true);

    app.github.addUser('other');
    app.github.addCollaborator(REPOSITORY, 'other', 'write');
    await app.github.comment(REPOSITORY, 1, '/orch retry', 'other');
    await app.until(() => app.runs(1)[1]?.spawnedAt);
    writeFileSync(`${app.home}/workspaces/T1.2/tree/go`, '');
    expect(await app.ended(1, 'completed')).toMatchObject({ requester: 'other', pull: 2 });
  });

  it('commits on the branch get no pull request any more', async () => {
    await using app = await startTestApp({ agents: { good: `${COMMIT}; git push -q; ${WAIT}` } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.head);
    app.github.addCollaborator(REPOSITORY, 'writer', 'none');
    letGo(app, 1);
    const task = await app.ended(1, 'failed');
    expect(task.reason).toContain('E_ACCESS_LOST');
    expect(repositoryOf(app.github).issues.size).toBe(1);
  });

  it('another person who takes the login over is nobody, and a new login changes nothing', async () => {
    await using app = await startTestApp({
      agents: { good: `${WAIT}; ${COMMIT}; git push -q; gh pr create --title x --body y && orch done` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    app.github.renameUser('writer', 'author');
    app.github.addUser('writer');
    letGo(app, 1);
    await app.ended(1, 'completed');
    await app.github.comment(REPOSITORY, 1, '/orch fix more', 'writer');
    await app.until(() => app.comments(1).some(text => text.includes('Sorry, `writer`')));
    expect(app.daemon.store.tasks.list(10)).toHaveLength(1);
  });
});

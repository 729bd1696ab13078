import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

/** Leaves something, and ends when it is told to. */
const WORK = 'echo half > half.txt; : > ../idle; while ! test -e ../go; do sleep 0.05; done; rm ../go';

describe('a run that ends without success', () => {
  it('leaves a checkpoint of what it had not committed', async () => {
    await using app = await startTestApp({
      agents: { bad: 'echo half > half.txt; exit 3' },
      settings: { task_queue: { max_retries: 0 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'escalated');
    expect(app.daemon.store.checkpoints.ofTask(1)).toMatchObject([
      { number: 1, run: 1, why: 'end of T1.1', leftOut: [] },
    ]);
    expect(await inStore(app, 'show', 'refs/orch/checkpoints/T1/1:half.txt')).toBe('half');
    expect([...repositoryOf(app.github).comments.values()].some(({ body }) => body.includes('half'))).toBe(
      false,
    );
  });

  it('leaves none where all is committed, and ends all the same where the agent spoilt everything', async () => {
    await using app = await startTestApp({
      agents: { bad: 'rm -rf ../repository.git; exit 3' },
      settings: { task_queue: { max_retries: 0 } },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'escalated');
    expect(app.daemon.store.checkpoints.ofTask(1)).toEqual([]);
  });
});

describe('an agent', () => {
  it('makes checkpoints, at most ten a minute, each once', async () => {
    const script = `orch checkpoint step 0; for i in 1 2 3 4 5 6 7 8 9 10 11; do echo $i > n; orch checkpoint step $i; done; orch checkpoint; ${WORK}`;
    await using app = await startTestApp({ agents: { good: script } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/idle`));
    const made = app.daemon.store.checkpoints.ofTask(1);
    expect(made).toHaveLength(10);
    expect(made[2]).toMatchObject({ number: 3, why: 'by the agent: step 2' });
    await expect(app.daemon.checkpoints.make(app.task(1))).rejects.toThrow('10 checkpoints were made');
    writeFileSync(`${app.home}/workspaces/T1.1/go`, '');
    await app.ended(1, 'failed');
    // What would be lost is kept all the same.
    expect(app.daemon.store.checkpoints.last(1)).toMatchObject({ number: 11, why: 'end of T1.1' });
  });
});

const WRONG_WAY = `
  echo one > a.txt; git add a.txt; git commit -qm One; git push -q; gh pr create --title Fix --body Fixed
  echo half > half.txt; orch checkpoint
  mkdir hk; printf '#!/bin/sh\\necho $0 >> ../../ran\\n' > hk/post-index-change; chmod +x hk/*; cp hk/* hk/post-checkout
  echo bad > a.txt; rm half.txt; git commit -qam Bad; git push -q; git config core.hooksPath hk; ${WORK}`;

describe('/orch rollback', () => {
  it('brings files, branch and pull request back, pauses the task and tells the agent', async () => {
    await using app = await startTestApp({ agents: { good: WRONG_WAY } });
    const tree = `${app.home}/workspaces/T1.1/tree`;
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${tree}/../idle`));
    const bad = app.task(1).head;
    await app.github.comment(REPOSITORY, 1, '/orch rollback', 'writer');
    await app.until(() =>
      app.daemon.store.journal.ofTask(1).some(each => each.type === 'task:rollback' && each.data.done),
    );
    expect(app.task(1)).toMatchObject({
      state: 'paused',
      reason: 'rolled back to checkpoint 1 by writer',
      resume: 1,
      rollback: null,
      pullState: 'open',
    });
    const tip = await repositoryOf(app.github).git.resolve(app.task(1).branch as string);
    expect(tip).not.toBe(bad);
    expect(app.task(1).head).toBe(tip);
    expect(await inStore(app, 'show', `${tip}:a.txt`)).toBe('one');
    const status = await execa('git', [
      '-C',
      tree,
      '-c',
      'core.hooksPath=/dev/null',
      'status',
      '--porcelain',
      '-b',
    ]);
    expect(status.stdout).toBe(`## ${app.task(1).branch}\n?? half.txt`);
    expect(app.daemon.store.checkpoints.ofTask(1).map(({ why }) => why)).toEqual([
      'by the agent',
      'end of T1.1',
      'rolled back to 1',
    ]);
    expect(app.daemon.store.inputs.waiting(1)).toMatchObject([
      { text: expect.stringContaining('checkpoint 1') },
    ]);
    await app.until(() =>
      app.comments(1).some(text => text.includes('Rolled back to checkpoint 1 by writer')),
    );
    expect(existsSync(`${app.home}/workspaces/ran`)).toBe(false);
  });
});

describe('a pull request', () => {
  it('stands again as it did at the checkpoint, with title, text and labels, and back', async () => {
    await using app = await startTestApp({
      agents: { good: `${GOOD_AGENT.replace('&& orch done', '')}; ${WORK}` },
      files: { 'README.md': '# Shop\n', '.github/orch.yml': 'labels: { pull_request: [agent, draft] }\n' },
    });
    const { github } = app;
    const shown = () => {
      const pull = repositoryOf(github).issues.get(app.task(1).pull ?? 0);
      const labels = pull?.labels.map(({ name }) => name).toSorted() ?? [];
      return { title: pull?.title, body: pull?.body?.split('\n')[0], labels };
    };
    await github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/idle`));
    const pull = app.task(1).pull as number;
    await app.until(() => shown().labels.length === 2);
    await app.daemon.checkpoints.make(app.task(1));
    await edit(app, pull, { title: 'Something else', body: 'By somebody.' });
    await github.unsetLabel(REPOSITORY, pull, 'agent', 'writer');
    await github.setLabel(REPOSITORY, pull, 'urgent', 'writer');
    const done = (n: number) =>
      app.until(() => {
        const all = app.daemon.store.journal.ofTask(1);
        return all.filter(each => each.type === 'task:rollback' && each.data.done).length === n;
      });
    await github.comment(REPOSITORY, 1, '/orch rollback 1', 'writer');
    await done(1);
    expect(shown()).toEqual({ title: 'Fix it', body: 'Fixed.', labels: ['agent', 'draft', 'urgent'] });
    const before = app.daemon.store.checkpoints
      .ofTask(1)
      .find(({ pull }) => pull?.title === 'Something else');
    await github.comment(REPOSITORY, 1, `/orch rollback ${before?.number}`, 'writer');
    await done(2);
    expect(shown()).toEqual({ title: 'Something else', body: 'By somebody.', labels: ['draft', 'urgent'] });
    expect(app.task(1).reason).toBe(`rolled back to checkpoint ${before?.number} by writer`);
  });
});

/** As a person does it. */
async function edit(app: TestApp, pull: number, text: object): Promise<void> {
  const token = app.github.userToken('writer');
  const response = await fetch(`${app.github.url}/api/v3/repos/${REPOSITORY}/pulls/${pull}`, {
    method: 'PATCH',
    headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(text),
  });
  expect(response.status).toBe(200);
}

describe('what would be lost', () => {
  it('by a forced push, or by a rollback of what people have changed meanwhile, is kept until the end', async () => {
    const amend = `
      echo one > a.txt; git add a.txt; git commit -qm One; git push -q; gh pr create --title Fix --body Fixed
      echo two > a.txt; git commit -qa --amend -m Two; git push -qf; ${WORK}`;
    await using app = await startTestApp({ agents: { good: amend } });
    const kept = () => app.daemon.store.checkpoints.ofTask(1).map(({ why }) => why);
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => existsSync(`${app.home}/workspaces/T1.1/idle`));
    expect(kept()).toEqual(['before a forced push']);
    await app.github.comment(REPOSITORY, 1, '/orch pause', 'writer');
    await app.until(() => app.task(1).state === 'paused' && app.runs(1)[0]?.endedAt);
    writeFileSync(`${app.home}/workspaces/T1.1/tree/a.txt`, 'by hand\n');
    await app.github.comment(REPOSITORY, 1, '/orch rollback 1', 'writer');
    await app.until(() => kept().includes('rolled back to 1') && app.task(1).rollback === null);
    expect(kept()).toEqual([
      'before a forced push',
      'end of T1.1',
      'before the rollback to 1',
      'rolled back to 1',
    ]);
    expect(readFileSync(`${app.home}/workspaces/T1.1/tree/a.txt`, 'utf8')).toBe('one\n');
    expect(await inStore(app, 'show', 'refs/orch/checkpoints/T1/3:a.txt')).toBe('by hand');
    expect(await inStore(app, 'show', `${app.task(1).head}:a.txt`)).toBe('one');
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.github.setState(REPOSITORY, app.task(1).pull as number, 'closed', 'writer');
    await app.until(() => app.runs(1)[0]?.cleanedAt);
    expect(kept()).toEqual(['rolled back to 1']);
  });
});

describe('a run that begins anew', () => {
  it('takes over what the one before left uncommitted, but for what would act by itself, and is told', async () => {
    const first = `echo one > a.txt; git add a.txt; git commit -qm One; git push -q; echo 'hello from the first'; orch progress 'One is done.'
      echo half > half.txt; echo two > a.txt; echo '{}' > .mcp.json; ln -s /etc etc; exit 3`;
    const second = `cp "$ORCH_PROMPT_FILE" ../prompt; ls -A > ../files; git status --porcelain > ../status
      git add -A; git commit -qm Rest; git push -q; gh pr create --title Fix --body Fixed; orch done`;
    await using app = await startTestApp({
      agents: { good: `if test -e a.txt; then ${second}; else ${first}; fi` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.ended(1, 'completed');
    const left = (name: string) => readFileSync(`${app.home}/workspaces/T1.2/${name}`, 'utf8');
    expect(left('files').split('\n')).toEqual([
      '.git',
      '.orch-context',
      'README.md',
      'a.txt',
      'half.txt',
      '',
    ]);
    expect(left('status')).toBe(' M a.txt\n?? half.txt\n');
    const prompt = left('prompt');
    expect(prompt).toContain('- `good-1`: crashed, `the agent crashed with exit code 3`');
    expect(prompt).toContain('+two');
    expect(prompt).toContain('+half');
    expect(prompt).toContain('hello from the first');
    expect(prompt).toContain('One is done.');
    expect(prompt).toContain('Not taken over, and not in your copy as they had it: `.mcp.json`, `etc`.');
  });
});

/** Git on Orch's own copy of the only repository. */
async function inStore(app: TestApp, ...args: string[]): Promise<string> {
  const host = new URL(app.github.url).host.replace(':', '+');
  const directory = `${app.home}/stores/${host}/repositories/${repositoryOf(app.github).id}.git`;
  return (await execa('git', ['--git-dir', directory, ...args])).stdout;
}

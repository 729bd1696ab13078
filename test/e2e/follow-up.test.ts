import { accessSync, writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';

/**
 * Adds a line to total.js, after a plan where one is asked for, and waits for a word before it pushes where it is to take its
 * time. When its push is refused it tries by force, and then as one should.
 */
const AGENT = `
  if orch plan 'Multiply.'; then exit 0; fi
  test -e old.js || test -e total.js || echo old > old.js
  echo "by $ORCH_RUN" >> total.js && git add -A && git commit -qm 'Count the total' &&
  if grep -qi 'take your time' "$ORCH_PROMPT_FILE"; then
    : > ../waits; until test -e ../go; do sleep 0.05; done; rm ../go
  fi &&
  { git push -q || { git push -q --force && exit 1; git pull -q --rebase origin $(git branch --show-current) && git push -q; } } &&
  { gh pr create --title 'Count the total' --body 'Counted.' || true; } && orch done`;

const SLOW = { event: 'REQUEST_CHANGES', body: 'Take your time.', user: 'writer' } as const;

/** Resolves when the agent of this task has a commit that it has not pushed. */
async function works(app: TestApp, task: number): Promise<void> {
  await app.until(() => app.daemon.store.tasks.get(task)?.state === 'running' && app.runs(task)[0]);
  await vi.waitFor(() => accessSync(`${app.home}/workspaces/T1.1/waits`), { timeout: 15_000 });
}

function goOn(app: TestApp): void {
  writeFileSync(`${app.home}/workspaces/T1.1/go`, '');
}

it('what comes while the agent works waits, is told once, and is done only for who may still command', async () => {
  await using app = await startTestApp({ agents: { good: AGENT } });
  const { github } = app;
  const { store } = app.daemon;
  for (const user of ['leaver', 'ghost']) {
    github.addUser(user);
    github.addCollaborator(REPOSITORY, user, 'write');
  }
  await github.comment(REPOSITORY, 1, '/orch count the total', 'writer');
  const { branch, pull: number } = await app.ended(1, 'completed');
  const [pull, { git }] = [number as number, repositoryOf(github)];
  const reviewed = (await git.resolve(branch as string)) as string;
  await github.review(REPOSITORY, pull, SLOW);
  await works(app, 2);

  // A person pushes, and deletes a file that is then reviewed as it was.
  const pushed = await github.pushCommit(
    REPOSITORY,
    branch as string,
    { 'old.js': null, 'tax.js': '1' },
    'writer',
  );
  const many = Array.from({ length: 100 }, (_, at) => ({
    ...{ path: 'total.js', line: 1, body: `Remark ${at + 1}. ${'x'.repeat(7000)}` },
  }));
  const gone = { path: 'old.js', line: 1, body: 'Is this used?' };
  await Promise.all([
    github.review(REPOSITORY, pull, {
      event: 'COMMENT',
      commit: reviewed,
      comments: [gone, ...many],
      user: 'writer',
    }),
    github.review(REPOSITORY, pull, { event: 'REQUEST_CHANGES', body: 'And I.', user: 'leaver' }),
  ]);
  await github.review(REPOSITORY, pull, { event: 'REQUEST_CHANGES', body: 'And I.', user: 'ghost' });
  await app.quiet();
  for (const delivery of github.world.deliveries.log.filter(({ event }) => event === 'pull_request_review'))
    github.world.deliveries.redeliver(delivery);
  await github.comment(REPOSITORY, pull, 'Looks fine so far.', 'writer');
  await app.quiet();
  expect([2, 3, 4, 5, 6].map(id => store.tasks.get(id)?.state)).toEqual([
    'running',
    'queued',
    'queued',
    'queued',
    undefined,
  ]);
  const asked = [3, 4, 5].map(id => app.task(id)).find(({ requester }) => requester === 'writer');
  expect(asked?.instruction).toContain('### 1. `old.js` line 1, of a version that has changed since');
  expect(asked?.instruction).toContain('Remark 5.');
  expect(asked?.instruction).not.toContain('Remark 6.');
  expect(asked?.instruction).toContain('There are 95 more comments than fit here');

  github.addCollaborator(REPOSITORY, 'leaver', 'read');
  github.suspendUser('ghost');
  await github.setDraft(REPOSITORY, pull, true, 'writer');
  await github.moveBranch(REPOSITORY, 'next', await git.resolve('main'));
  await github.setBase(REPOSITORY, pull, 'next');
  await github.setLocked(REPOSITORY, pull, true);
  github.faults.add({
    match: { method: 'POST', path: /\/replies$/ },
    effect: {
      kind: 'status',
      status: 403,
      body: { message: 'Unable to create comment because issue is locked.' },
    },
    times: Infinity,
  });
  goOn(app);
  const second = await app.ended(2, 'completed');
  expect(await git.isAncestor(pushed, second.head as string)).toBe(true);
  await app.ended(asked?.id as number, 'completed');
  const refused = [3, 4, 5].filter(id => id !== asked?.id);
  for (const id of refused) expect((await app.ended(id, 'failed')).reason).toContain('E_ACCESS_LOST');
  await app.quiet();
  expect(refused.flatMap(id => app.runs(id)).filter(({ pid }) => pid !== null)).toEqual([]);
  expect(store.tasks.get(6)).toBeNull();
  const issue = repositoryOf(github).issues.get(pull);
  expect(issue?.pull).toMatchObject({ draft: true, base: { ref: 'next' } });
  expect(app.task(asked?.id as number).target).toBe('next');
  expect(issue?.pull?.requestedReviewers.map(({ login }) => login)).toEqual(['writer']);
});

it('a plan is approved once, CI wakes once for a commit, and a pull request that is closed is left', async () => {
  await using app = await startTestApp({
    agents: { good: AGENT },
    files: { 'README.md': '# Shop\n', '.github/orch.yml': 'follow_up: { comments: true, ci_attempts: 1 }\n' },
  });
  const { github } = app;
  const { store } = app.daemon;
  const { git, issues } = repositoryOf(github);
  await github.comment(REPOSITORY, 1, '/orch --plan count the total', 'writer');
  await app.ended(1, 'paused');
  await Promise.all([1, 2].map(() => github.comment(REPOSITORY, 1, '/orch approve', 'writer')));
  const { pull: number, head } = await app.ended(1, 'completed');
  const pull = number as number;
  await app.quiet();
  expect(app.runs(1).map(({ outcome }) => outcome)).toEqual(['paused', 'succeeded']);
  expect(app.comments(1).filter(text => text.includes('The plan of T1 was approved before'))).toHaveLength(1);

  const job = async (sha: string, conclusion: 'failure' | null) =>
    await github.reportJob(REPOSITORY, sha, { name: conclusion === null ? 'slow' : 'test', conclusion });
  const slow = await job(head as string, null);
  await job(head as string, 'failure');
  await app.quiet();
  expect(store.tasks.get(2), 'CI has not ended').toBeNull();
  await github.endJob(REPOSITORY, slow, 'success');
  for (let time = 0; time < 20; time += 1) await job(head as string, 'failure');
  const mended = (await app.ended(2, 'completed')).head as string;
  for (let time = 0; time < 3; time += 1) await job(mended, 'failure');
  await app.until(() => app.comments(pull).some(text => text.includes('has tried once to mend it')));
  await app.quiet();
  expect(store.tasks.get(3)).toBeNull();
  expect(app.comments(pull).filter(text => text.includes('CI fails'))).toHaveLength(1);

  await github.comment(REPOSITORY, pull, 'Round it, and take your time.', 'writer');
  await works(app, 3);
  await github.setState(REPOSITORY, pull, 'closed', 'writer');
  await app.ended(3, 'cancelled');
  await app.quiet();
  expect(issues.get(pull)?.pull?.head.sha).toBe(mended);
  const kept = 'refs/orch/rescue/T3.1';
  expect(await git.isAncestor(mended, (await git.resolve(kept)) as string)).toBe(true);
  expect(app.comments(pull).join('\n')).toContain(`git fetch origin ${kept}`);

  await github.setState(REPOSITORY, pull, 'open', 'writer');
  await github.comment(REPOSITORY, pull, 'Round it after all.', 'writer');
  expect(await app.ended(4, 'completed')).toMatchObject({ continues: 1, pull });
});

import { expect, it } from 'vitest';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';
import { startTestDesk } from '../support/desk.ts';

const AGENT = `
  if [ -e a.txt ]; then
    git fetch -q origin main && git merge -q FETCH_HEAD && git mv a.txt c.txt && git commit -qm 'Call it c' && git push -q && orch done
  else
    echo 1 > a.txt && git add a.txt && git commit -qm 'Write a' && git push -q &&
    gh pr create --title 'Write a' --body 'Written.' && orch done
  fi`;

it('a base that moved is merged by Orch while the tests still pass, and else by the agent', async () => {
  await using app = await startTestApp({
    agents: { good: AGENT },
    files: { 'check.sh': 'true\n', '.github/orch.yml': 'test: sh check.sh\n' },
  });
  const { github, until } = app;
  await github.comment(REPOSITORY, 1, '/orch write a', 'writer');
  const task = await app.ended(1, 'completed');
  const branch = task.branch as string;
  const { git, checkRuns } = repositoryOf(github);
  const show = (format: string) => git.run(['show', '-s', `--format=${format}`, branch]);

  const clean = await github.pushCommit(REPOSITORY, 'main', { 'b.txt': '1\n' }, 'writer');
  await until(() => app.task(1).head !== task.head);
  expect(await show('%P %an: %s')).toBe(
    `${task.head} ${clean} orch-simulated[bot]: Merge main into ${branch}`,
  );
  await app.quiet();
  const merge = await show('%H');
  expect([...checkRuns.values()].find(({ headSha }) => headSha === merge)).toMatchObject({
    status: 'completed',
    conclusion: 'neutral',
  });
  expect(app.daemon.store.tasks.get(2)).toBeNull();

  const check = 'test ! -e a.txt\n';
  const breaking = await github.pushCommit(REPOSITORY, 'main', { 'check.sh': check }, 'writer');
  await until(() => app.daemon.store.tasks.get(2));
  const second = await app.ended(2, 'completed');
  expect(second).toMatchObject({ continues: 1, branch, pull: task.pull, requester: 'writer' });
  expect(second.instruction).toContain('breaks what passes on `main`');
  expect(await git.run(['log', '--format=%s', `${breaking}..${branch}`, '--not', merge])).toContain(
    'Call it c',
  );
  await app.quiet();
  expect(app.daemon.store.tasks.get(3)).toBeNull();
});

it('at a desk what moved while Orch did not run is merged after its start', async () => {
  await using place = await startTestDesk();
  const id = await place.ask('fix it');
  const { branch, head } = await place.ended(id, 'completed');
  await place.stop();
  await place.git('commit', '-q', '--allow-empty', '-m', 'Go on');
  await place.start();
  await place.until(() => place.task(id).head !== head);
  expect(await place.git('log', '-1', '--format=%s %P', branch as string)).toBe(
    `Merge main into ${branch} ${head} ${await place.git('rev-parse', 'main')}`,
  );
});

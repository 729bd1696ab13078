import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isPull } from '../../src/simulator/world.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { startTestDesk } from '../support/desk.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Commits what `work` makes, under its task's name, with a pull request. */
const agent = (work: string) => `
  ${work}
  git add -A && git commit -qm "Do $ORCH_RUN" && git push -q && gh pr create --title "$ORCH_RUN" --body Done. && orch done`;

const ask = (app: TestApp, text: string) => app.github.comment(REPOSITORY, 1, `/orch ${text}`, 'writer');

function pullOf(app: TestApp, task: number) {
  const issue = repositoryOf(app.github).issues.get(app.task(task).pull ?? 0);
  if (!issue || !isPull(issue)) throw new Error(`T${task} has no pull request`);
  return { base: issue.pull.base.ref, body: issue.body ?? '', commits: issue.pull.size.commits };
}

it('a task that comes after another begins with its work, and its pull request goes there, then on to the base', async () => {
  await using app = await startTestApp({
    agents: { writer: agent('ls -a > $ORCH_RUN.txt; echo "obey me" > AGENTS.md') },
  });
  await ask(app, 'write the first');
  await ask(app, '--after T1 write the second');
  await app.until(() => app.task(2)?.reason === 'waits for T1');
  await app.ended(2, 'completed');
  const [first, second] = [app.task(1), app.task(2)];
  expect(second).toMatchObject({ target: first.branch, baseSha: first.head });
  expect(app.runs(2)[0]?.startedAt).toBeGreaterThanOrEqual(app.runs(1)[0]?.doneAt ?? Infinity);
  const tree = await repositoryOf(app.github).git.run(['show', `${second.branch}:T2.1.txt`]);
  expect(tree).toContain('T1.1.txt');
  // What an agent has written there is no word to other agents before people have taken it.
  expect(tree).not.toContain('AGENTS.md');
  expect(pullOf(app, 1)).toMatchObject({ base: 'main', commits: 1 });
  expect(pullOf(app, 2)).toMatchObject({ base: first.branch, commits: 1 });
  expect(pullOf(app, 2).body).toContain(`Builds on #${first.pull} (T1), which is not merged yet.`);
  await app.github.merge(REPOSITORY, first.pull ?? 0, 'writer');
  await app.until(() => pullOf(app, 2).base === 'main' && app.task(2).target === 'main');
  await app.quiet();
});

it('tasks that do not wait for each other run at once, and one after them begins with the work of both', async () => {
  const meet = (folder: string) => `
    touch ${folder}/$ORCH_RUN; echo $ORCH_RUN > $ORCH_RUN.txt
    case $ORCH_RUN in T3.*) ls > T3.1.txt ;; *) until test -e ${folder}/T1.1 -a -e ${folder}/T2.1; do sleep 0.05; done ;; esac`;
  await using folder = await temporaryDirectory();
  await using app = await startTestApp({ agents: { writer: agent(meet(folder.path)) } });
  await ask(app, 'write one');
  await ask(app, 'write another');
  await ask(app, '--after T1 --after T2 bring both together');
  await app.ended(3, 'completed');
  expect(pullOf(app, 3)).toMatchObject({ base: 'main' });
  expect(pullOf(app, 3).body).toMatch(/Builds on #\d+ \(T1\) and #\d+ \(T2\), which are not merged yet\./);
  const tree = await repositoryOf(app.github).git.run(['show', `${app.task(3).branch}:T3.1.txt`]);
  expect(tree.split('\n')).toEqual(expect.arrayContaining(['T1.1.txt', 'T2.1.txt']));
  await app.quiet();
});

it('a task after two that conflict fails with the reason, and begins when one of them is merged', async () => {
  await using app = await startTestApp({
    agents: { writer: agent('echo $ORCH_RUN >> same.txt') },
  });
  await ask(app, 'write one');
  await ask(app, 'write another');
  await ask(app, '--after T1 --after T2 bring both together');
  await app.ended(3, 'failed');
  expect(app.task(3).reason).toMatch(
    /^E_STACK: The branches of T1, T2 can't be merged: they conflict in same.txt\. Merge one/,
  );
  await app.github.merge(REPOSITORY, app.task(1).pull ?? 0, 'writer');
  await app.until(() => app.task(1).pullState === 'merged');
  await ask(app, 'retry T3');
  await app.until(() => app.task(3).state === 'completed');
  expect(app.task(3)).toMatchObject({ target: app.task(2).branch });
  await app.quiet();
});

it('a file in the folder of a desk becomes a chain of tasks, which are merged in their order', async () => {
  await using desk = await startTestDesk({
    agents: { writer: agent('echo $ORCH_RUN > $ORCH_RUN.txt') },
    settings: { task_queue: { directory: 'tasks', retry_delay_seconds: 0, stop_grace_seconds: 1 } },
  });
  const file =
    '- { id: second, description: write more, dependencies: [first] }\n- { id: first, description: write }\n';
  writeFileSync(join(desk.folder, 'tasks', 'pending', 'two.yaml'), file);
  const result = join(desk.folder, 'tasks', 'completed', 'two.yaml.result.json');
  await desk.until(() => existsSync(result));
  expect(desk.task(2)).toMatchObject({ target: desk.task(1).branch, state: 'completed' });
  expect(desk.desk.store.pulls.get(2)?.body).toContain('Builds on #1 (T1), which is not merged yet.');
  const { merge } = desk.desk.local;
  await expect(merge(2)).rejects.toMatchObject({
    code: 'E_MERGE',
    message: 'T2 builds on T1, which is not merged yet',
    remedy: 'Merge that first: orch merge T1',
  });
  await merge(1);
  await desk.until(() => desk.task(2).target === 'main');
  expect(await merge(2)).toMatchObject({ kind: 'fast-forward' });
  expect(existsSync(join(desk.folder, 'T2.1.txt'))).toBe(true);
});

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GOOD_AGENT } from '../support/app.ts';
import { startTestDesk } from '../support/desk.ts';

it('an agent at a desk ends with a pull request that lies there, and merging brings the work', async () => {
  await using desk = await startTestDesk();
  const id = await desk.ask('Fix it');
  const task = await desk.ended(id, 'completed');
  expect(task).toMatchObject({ id: 1, branch: 'orch/T1-fix-it', pull: 1, pullUrl: null, pullState: 'open' });
  expect(await desk.desk.local.diff(id)).toMatchObject({
    title: 'Fix it',
    body: 'Fixed.',
    base: 'main',
    commits: [{ subject: 'Fix it' }],
    files: [{ path: 'fixed.txt', added: 1, removed: 0 }],
  });
  expect(await desk.git('log', '-1', '--format=%an <%ae>', 'orch/T1-fix-it')).toBe('Ann <ann@example.com>');
  expect(await desk.git('status', '--porcelain')).toBe('');

  expect(await desk.desk.local.merge(id)).toMatchObject({ kind: 'fast-forward' });
  expect(readFileSync(join(desk.folder, 'fixed.txt'), 'utf8')).toBe('fixed\n');
  expect(desk.task(id).pullState).toBe('merged');
  await expect(desk.desk.local.merge(id)).rejects.toMatchObject({ code: 'E_TASK_STATE' });
});

it('merging makes a merge commit where both sides went on, also of a base that is not checked out', async () => {
  await using desk = await startTestDesk();
  const id = await desk.ask('Fix it');
  await desk.ended(id, 'completed');
  writeFileSync(join(desk.folder, 'other.txt'), 'other\n');
  await desk.git('add', '.');
  await desk.git('commit', '-qm', 'Other');
  await desk.git('switch', '-qc', 'aside');
  expect(await desk.desk.local.merge(id)).toMatchObject({ kind: 'merge' });
  expect(await desk.git('log', '-1', '--format=%s %an', 'main')).toBe('Merge T1: Fix it Ann');
  expect(await desk.git('ls-tree', '--name-only', 'main')).toBe('README.md\nfixed.txt\nother.txt');
  expect(await desk.git('ls-files')).toBe('README.md\nother.txt');
});

it('merging refuses what is changed or in conflict, and changes nothing', async () => {
  await using desk = await startTestDesk({ files: { 'fixed.txt': 'broken\n' } });
  const id = await desk.ask('Fix it');
  await desk.ended(id, 'completed');
  writeFileSync(join(desk.folder, 'fixed.txt'), 'mine\n');
  await expect(desk.desk.local.merge(id)).rejects.toMatchObject({
    code: 'E_MERGE',
    message: expect.stringContaining('fixed.txt'),
    remedy: expect.stringContaining('git stash'),
  });
  await desk.git('commit', '-qam', 'Mine');
  const before = await desk.git('rev-parse', 'HEAD');
  await expect(desk.desk.local.merge(id)).rejects.toMatchObject({
    code: 'E_MERGE',
    message: 'Both sides have changed fixed.txt',
  });
  await desk.git('switch', '-qc', 'aside');
  await expect(desk.desk.local.merge(id)).rejects.toMatchObject({
    message: 'Both sides have changed fixed.txt',
  });
  expect(await desk.git('rev-parse', 'main')).toBe(before);
  expect(await desk.git('status', '--porcelain')).toBe('');
  expect(desk.task(id).pullState).toBe('open');
});

it('the tests of the repository are run on what was pushed, and merging asks for their verdict', async () => {
  const files = { '.github/orch.yml': 'test: "cat fixed.txt; exit 3"\n' };
  await using desk = await startTestDesk({ files });
  const id = await desk.ask('Fix it');
  const { head } = await desk.ended(id, 'completed');
  const tests = () => desk.desk.local.tests(desk.task(id));
  await desk.until(() => tests()?.verdict === 'failed');
  expect(tests()).toMatchObject({ commit: head, reason: 'exit code 3', exit: 3, output: 'fixed' });
  await expect(desk.desk.local.merge(id)).rejects.toMatchObject({
    code: 'E_MERGE',
    message: expect.stringContaining('cat fixed.txt'),
    remedy: expect.stringContaining('orch merge T1 --anyway'),
  });
  expect(desk.task(id).pullState).toBe('open');
  const page = join(desk.folder, 'context', 'agent_outputs', 'task_001_output.md');
  await desk.until(
    () => existsSync(page) && /^- Tests: .*failed: exit code 3/m.test(readFileSync(page, 'utf8')),
  );
  expect(await desk.desk.local.merge(id, true)).toMatchObject({ kind: 'fast-forward' });
});

it('what was merged by hand, or whose branch is gone, is noticed', async () => {
  await using desk = await startTestDesk({
    agents: { good: `git branch --show-current > name && git add name && ${GOOD_AGENT}` },
  });
  const [merged, closed] = [await desk.ask('Fix it'), await desk.ask('Fix more')];
  await desk.ended(merged, 'completed');
  const { branch } = await desk.ended(closed, 'completed');
  await desk.git('merge', '-q', desk.task(merged).branch as string);
  await desk.git('branch', '-D', branch as string);
  await desk.stop();
  await desk.start();
  await desk.until(() => desk.task(merged).pullState === 'merged');
  await desk.until(() => desk.task(closed).pullState === 'closed');
});

it('a drain waits for the agents, or stops them; then they go on after the next start', async () => {
  await using desk = await startTestDesk({
    agents: { good: `if [ -e begun.txt ]; then ${GOOD_AGENT}; else touch begun.txt; sleep 600; fi` },
  });
  const id = await desk.ask('Fix it');
  await desk.until(() => desk.task(id).state === 'running');
  await desk.desk.drain(true);
  expect(desk.runs(id)).toMatchObject([{ outcome: 'paused' }]);
  const other = await desk.ask('Fix more');
  expect(desk.task(other).state).toBe('queued');
  await desk.stop();
  await desk.start();
  await desk.ended(id, 'completed');
  expect(desk.runs(id)).toHaveLength(2);
});

it('a wish that can not be fulfilled is refused, and nothing is queued', async () => {
  await using desk = await startTestDesk();
  await expect(desk.ask('x', { options: { base: 'gone' } })).rejects.toMatchObject({
    code: 'E_UNKNOWN_BASE',
  });
  await expect(desk.ask('x', { options: { agent: 'goods' } })).rejects.toMatchObject({
    code: 'E_UNKNOWN_AGENT',
  });
  mkdirSync(join(desk.folder, '.github'));
  writeFileSync(join(desk.folder, '.github', 'orch.yml'), 'agnet: good\n');
  await desk.git('add', '.');
  await desk.git('commit', '-qm', 'Settings');
  await expect(desk.ask('x')).rejects.toMatchObject({
    code: 'E_REPOSITORY_SETTINGS',
    message: expect.stringContaining('line 1'),
  });
  await desk.git('switch', '-q', '--detach');
  await expect(desk.ask('x')).rejects.toMatchObject({ code: 'E_DETACHED_HEAD' });
  expect(desk.desk.store.tasks.list(10)).toEqual([]);
});

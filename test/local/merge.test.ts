import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { showPull } from '../../src/local/diff.ts';
import { localMerge } from '../../src/local/merge.ts';
import { findRepository } from '../../src/local/repository.ts';
import { showTests } from '../../src/record/views.ts';
import { runProgram, tryProgram } from '../../src/shared/program.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A repository on `main`, and tasks that wait to be merged, each with a file of its own on its branch. */
async function place(tasks: number, command: string | null = null) {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const folder = join(path, 'shop');
  const git = async (...args: string[]) => (await runProgram('git', ['-C', folder, ...args])).trim();
  await runProgram('git', ['init', '-q', '-b', 'main', folder]);
  await git('config', 'user.name', 'Ann');
  await git('config', 'user.email', 'ann@example.com');
  const commit = async (file: string, text = 'x\n') => {
    writeFileSync(join(folder, file), text);
    await git('add', '.');
    await git('commit', '-qm', `Write ${file}`);
  };
  await commit('a');
  const store = memoryStore();
  stack.defer(() => store.close());
  const base = await git('rev-parse', 'main');
  for (let n = 1; n <= tasks; n++) {
    const { id, epoch } = queued(store);
    await git('switch', '-qc', `orch/T${id}`, base);
    await commit(`t${id}`);
    const head = await git('rev-parse', 'HEAD');
    const done = { state: 'completed', pullState: 'open', target: 'main', baseSha: base } as const;
    store.tasks.update(id, epoch, { ...done, branch: `orch/T${id}`, head });
  }
  await git('switch', '-q', 'main');
  const repository = await findRepository(folder);
  const tests = (task: Task) => showTests(task, null, command);
  const merge = localMerge({ store, clock: fakeClock(NOW), repository, own: [], tests });
  const there = stack.move();
  return {
    path,
    folder,
    git,
    commit,
    merge,
    show(id: number) {
      const task = store.tasks.get(id) as Task;
      return showPull(repository, task, null, tests(task));
    },
    pullState: (id: number) => store.tasks.get(id)?.pullState,
    [Symbol.asyncDispose]: () => there.disposeAsync(),
  };
}

describe('orch merge', () => {
  it('takes one after another, however many ask at once', async () => {
    await using here = await place(4);
    await here.commit('b');
    const merged = await Promise.all([1, 2, 3, 4].map(id => here.merge(id)));
    expect(merged.map(({ kind }) => kind)).toEqual(Array(4).fill('merge'));
    expect(await here.git('ls-files')).toBe('a\nb\nt1\nt2\nt3\nt4');
    expect(await here.git('status', '--porcelain')).toBe('');
  });

  it('leaves a merge alone that the person is in the middle of', async () => {
    await using here = await place(1);
    await here.git('switch', '-qc', 'side');
    await here.commit('a', 'theirs\n');
    await here.git('switch', '-q', 'main');
    await here.commit('a', 'ours\n');
    await tryProgram('git', ['-C', here.folder, 'merge', 'side']);
    // Resolved to what was there: nothing differs, and the merge is still to be committed.
    await here.git('checkout', '-q', 'HEAD', '--', 'a');
    await expect(here.merge(1)).rejects.toMatchObject({
      code: 'E_MERGE',
      message: expect.stringContaining('in the middle of another merge'),
    });
    expect(existsSync(join(here.folder, '.git/MERGE_HEAD'))).toBe(true);
    await here.git('commit', '-qm', 'Mine');
    await here.merge(1);
    expect(here.pullState(1)).toBe('merged');
  });

  it('names files in the way that git does not follow, and leaves them', async () => {
    await using here = await place(1);
    const file = join(here.folder, 't1');
    writeFileSync(file, 'mine\n');
    await expect(here.merge(1)).rejects.toMatchObject({
      code: 'E_MERGE',
      message: expect.stringMatching(/shop files that git does not follow are in the way: t1$/),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine\n');
    expect(here.pullState(1)).toBe('open');
  });

  it('takes files along where the folder of git lies elsewhere', async () => {
    await using here = await place(1);
    await here.git('init', '-q', '--separate-git-dir', join(here.path, 'elsewhere'));
    await here.merge(1);
    expect(existsSync(join(here.folder, 't1'))).toBe(true);
    expect(await here.git('status', '--porcelain')).toBe('');
  });

  it('waits for tests that have not ended, unless it is to merge anyway', async () => {
    await using here = await place(1, 'npm test');
    await expect(here.merge(1)).rejects.toMatchObject({
      code: 'E_MERGE',
      message: 'T1 is not merged: the tests (npm test) have not ended yet',
      remedy: expect.stringContaining('orch merge T1 --anyway'),
    });
    await here.merge(1, true);
    expect((await here.show(1)).tests).toMatchObject({
      verdict: 'not_run',
      reason: 'the pull request was merged before',
    });
  });

  it('says how a branch comes back that was deleted', async () => {
    await using here = await place(1);
    const head = (await here.git('rev-parse', 'orch/T1')).slice(0, 10);
    await here.git('branch', '-qD', 'orch/T1');
    await expect(here.merge(1)).rejects.toMatchObject({
      code: 'E_MERGE',
      remedy: expect.stringContaining(`git branch orch/T1 ${head}`),
    });
  });

  it('touches no files where the base was checked out in a folder that is gone', async () => {
    await using here = await place(1);
    await here.git('switch', '-qc', 'side');
    await here.git('worktree', 'add', '-q', join(here.path, 'other'), 'main');
    rmSync(join(here.path, 'other'), { recursive: true });
    await here.merge(1);
    expect(await here.git('rev-parse', 'main')).toBe(await here.git('rev-parse', 'orch/T1'));
  });
});

it('orch diff shows what would be merged, also what the person has added to the branch', async () => {
  await using here = await place(1);
  await here.git('switch', '-q', 'orch/T1');
  await here.commit('more');
  await here.git('switch', '-q', 'main');
  expect((await here.show(1)).files.map(({ path }) => path)).toEqual(['more', 't1']);
});

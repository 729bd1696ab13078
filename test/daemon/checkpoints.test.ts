import { Readable } from 'node:stream';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { NOBODY } from '../../src/cli/worktree/snapshot.ts';
import { BY_TIME, openCheckpoints } from '../../src/daemon/checkpoints.ts';
import type { PullWords } from '../../src/forge/pulls.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Task } from '../../src/task/glossary.ts';
import { pin } from '../../src/workspace/refs.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('checkpoints', () => {
  it('are so many of a task: the newest, and the one that it goes back to', async () => {
    await using b = await bench({ keep: 3 });
    for (let n = 1; n <= 4; n++) await b.take(await b.commit(`${n}`), 'by the agent');
    expect(b.numbers()).toEqual([2, 3, 4]);
    b.store.tasks.update(1, b.run.epoch, { rollback: 2 });
    await b.take(await b.commit('5'), 'by the agent');
    await b.take(await b.commit('6'), 'by the agent');
    expect(b.numbers()).toEqual([2, 4, 5, 6]);
    expect(await b.refs()).toEqual(['2', '4', '5', '6']);
    b.store.tasks.update(1, b.run.epoch, { rollback: null });
    await b.checkpoints.prune(b.store.tasks.get(1) as Task, 1);
    expect(b.numbers()).toEqual([6]);
    expect(await b.refs()).toEqual(['6']);
    expect(await b.take(await b.commit('7'), 'by the agent')).toEqual({ number: 7, created: true });
  });

  it('lose refs that a crash left, and none that is just being made', async () => {
    await using b = await bench({ keep: 2 });
    for (let n = 1; n <= 2; n++) await b.take(await b.commit(`${n}`), 'by the agent');
    const sha = await b.commit('left');
    for (const number of ['0', '4']) await b.git('update-ref', `refs/orch/checkpoints/T1/${number}`, sha);
    await b.git('update-ref', 'refs/orch/checkpoints/T11/1', sha);
    await b.take(await b.commit('3'), 'by the agent');
    expect(await b.refs()).toEqual(['2', '3', '4']);
    expect(await b.git('rev-parse', 'refs/orch/checkpoints/T11/1')).toBe(sha);
  });

  it('by time are none of a worktree in which nothing was done yet', async () => {
    await using b = await bench({ keep: 9 });
    const untouched = await b.git('commit-tree', '-p', b.start, '-m', 'Checkpoint', `${b.start}^{tree}`);
    expect(await b.take(untouched, BY_TIME)).toMatchObject({ created: false });
    expect(await b.take(await b.commit('1'), BY_TIME)).toEqual({ number: 1, created: true });
    expect(await b.take(untouched, BY_TIME)).toEqual({ number: 2, created: true });
    expect(await b.take(untouched, BY_TIME)).toEqual({ number: 2, created: false });
  });

  it('keep a tip that goes, unless the last one leads there', async () => {
    await using b = await bench({ keep: 9 });
    const tip = await b.commit('tip');
    await b.checkpoints.keepTip(b.run, tip, 'before a forced push');
    await b.checkpoints.keepTip(b.run, tip, 'before a forced push');
    expect(b.store.checkpoints.ofTask(1)).toMatchObject([{ number: 1, why: 'before a forced push' }]);
    expect(await b.git('rev-parse', 'refs/orch/checkpoints/T1/1^')).toBe(tip);
  });

  it('keep how the pull request stands, also where nothing else has changed, and do without while nobody knows', async () => {
    let title: string | null = 'Fix';
    const words = async () => {
      if (title === null) throw new OrchError('E_GITHUB_AWAY', 'GitHub is away');
      return { title, body: 'Fixed.', labels: ['agent'] };
    };
    await using b = await bench({ keep: 9, words });
    await b.take(await b.commit('1'), 'by hand');
    await b.checkpoints.keepWords(b.run, 'before the rollback to 1');
    title = 'Better';
    await b.checkpoints.keepWords(b.run, 'before the rollback to 1');
    title = null;
    await b.checkpoints.keepWords(b.run, 'before the rollback to 1');
    await b.take(await b.commit('2'), 'by hand');
    const kept = b.store.checkpoints.ofTask(1);
    expect(kept.map(({ pull }) => pull?.title ?? null)).toEqual(['Fix', 'Better', null]);
    expect(kept[1]?.sha).toBe(kept[0]?.sha);
    expect(await b.refs()).toEqual(['1', '2', '3']);
  });
});

/** A task on a repository of one commit. */
async function bench({
  keep,
  words = async () => null,
}: {
  keep: number;
  words?(): Promise<PullWords | null>;
}) {
  const home = await temporaryDirectory();
  const store = memoryStore();
  const { run } = started(store);
  const directory = home.path;
  const git = async (...args: string[]) =>
    (
      await execa('git', args, {
        cwd: directory,
        input: '',
        env: { ...NOBODY, GIT_CONFIG_GLOBAL: '/dev/null' },
      })
    ).stdout;
  await git('init', '-q', '--bare', '.');
  const tree = await git('mktree');
  const start = await git('commit-tree', '-m', 'Start', tree);
  const copy = { directory, waiting: new Map(), last: Promise.resolve() };
  await pin(copy, 'T1.1', { start });
  const repositories = { store: async () => copy } as never;
  const checkpoints = openCheckpoints({
    store,
    clock: fakeClock(),
    repositories,
    keep,
    words,
    log: silentLog(),
  });
  return {
    store,
    run,
    start,
    git,
    checkpoints,
    commit: (message: string) => git('commit-tree', '-p', start, '-m', message, tree),
    /** The pack is empty: what it would bring is there. */
    async take(sha: string, why: string) {
      const packed = await execa('git', ['pack-objects', '--stdout', '-q'], {
        cwd: directory,
        input: '',
        encoding: 'buffer',
      });
      return await checkpoints.take(run, {
        new: sha,
        pack: Readable.from([packed.stdout]),
        leftOut: [],
        why,
      });
    },
    numbers: () => store.checkpoints.ofTask(1).map(({ number }) => number),
    async refs() {
      const listed = await git('for-each-ref', '--format=%(refname:lstrip=4)', 'refs/orch/checkpoints/T1');
      return listed.split('\n');
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

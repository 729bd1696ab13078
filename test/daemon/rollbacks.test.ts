import { execa } from 'execa';
import { describe, expect, it, vi } from 'vitest';
import { NOBODY } from '../../src/cli/worktree/snapshot.ts';
import { startRollbacks } from '../../src/daemon/rollbacks.ts';
import type { PullWords } from '../../src/forge/pulls.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const THEN: PullWords = { title: 'Fix', body: 'Fixed.', labels: [] };
const NOW_IT_IS: PullWords = { title: 'Something else', body: 'By somebody.', labels: [] };

describe('the text of a pull request, when its task is rolled back,', () => {
  it('goes back for who may command', async () => {
    await using b = await bench({});
    expect(await b.done()).toBe('rolled back to checkpoint 1 by ann');
    expect(b.written).toEqual([THEN]);
    expect(b.store.checkpoints.last(1)).toMatchObject({ why: 'rolled back to 1', pull: THEN });
  });

  it('is not written where it stands so already', async () => {
    await using b = await bench({ now: { ...THEN } });
    await b.done();
    expect(b.written).toEqual([]);
  });

  it.each(['E_ACCESS_LOST', 'E_GITHUB'] as const)('stays, and the reason says why: %s', async code => {
    await using b = await bench({ confirm: () => Promise.reject(new OrchError(code, 'ann may not')) });
    expect(await b.done()).toMatch(
      /title, text and labels of the pull request stay as they are: ann may not$/,
    );
    expect(b.written).toEqual([]);
    expect(b.store.checkpoints.last(1)).toMatchObject({ why: 'before the rollback to 1', pull: NOW_IT_IS });
  });

  it('is waited for while GitHub is away', async () => {
    let away = 2;
    const confirm = async () => {
      if (away-- > 0) throw new OrchError('E_GITHUB_AWAY', 'nobody answers');
    };
    await using b = await bench({ confirm });
    expect(await b.done()).toBe('rolled back to checkpoint 1 by ann');
    expect(b.written).toEqual([THEN]);
  });
});

/** A task that has failed, with a checkpoint, and is to go back to it. */
async function bench({
  now = NOW_IT_IS,
  confirm = async () => {},
}: {
  now?: PullWords;
  confirm?(): Promise<void>;
}) {
  const home = await temporaryDirectory();
  const store = memoryStore();
  const clock = fakeClock(NOW);
  const { task, run } = started(store);
  const git = async (...args: string[]) =>
    (
      await execa('git', args, {
        cwd: home.path,
        input: '',
        env: { ...NOBODY, GIT_CONFIG_GLOBAL: '/dev/null' },
      })
    ).stdout;
  await git('init', '-q', '--bare', '.');
  const tree = await git('mktree');
  const parent = await git('commit-tree', '-m', 'Work', tree);
  const sha = await git('commit-tree', '-p', parent, '-m', 'Checkpoint', tree);
  const kept = { task: 1, run: 1, sha, session: null, leftOut: [], at: NOW };
  store.checkpoints.add({ ...kept, why: 'by hand', pull: THEN });
  endRun(store, run, { outcome: 'failed', exitCode: 1, reason: null, lastWords: null }, NOW);
  changeState(store, task, 'failed', NOW);
  store.tasks.update(1, task.epoch, { rollback: 1, head: parent });
  store.journal.append(NOW, 1, 'task:rollback', { checkpoint: 1, by: 'ann', done: false });
  const written: PullWords[] = [];
  const rollbacks = startRollbacks({
    store,
    clock,
    log: silentLog(),
    repositories: { store: async () => ({ directory: home.path }) } as never,
    paths: {} as never,
    confine: {} as never,
    broker: {} as never,
    snapshot: {} as never,
    forge: {
      confirm,
      pulls: {
        words: async () => now,
        reword: async (_: Task, words: PullWords) => void written.push(words),
      },
    } as never,
    checkpoints: {
      keepTip: async () => {},
      keepWords: async (_run, why) => void store.checkpoints.add({ ...kept, why, pull: now }),
    },
    bringBack: async ({ head }) => ({ head, kept: null }),
  });
  return {
    store,
    written,
    /** Why the task stands as it does, once it is rolled back. */
    done: () =>
      vi.waitFor(
        async () => {
          await clock.advance(60_000);
          const { rollback, reason } = store.tasks.get(1) as Task;
          expect(rollback).toBeNull();
          return reason;
        },
        { timeout: 15_000 },
      ),
    async [Symbol.asyncDispose]() {
      await rollbacks.stop();
      await home[Symbol.asyncDispose]();
    },
  };
}

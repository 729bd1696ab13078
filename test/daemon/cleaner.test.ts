import { describe, expect, it } from 'vitest';
import { startCleaner } from '../../src/daemon/cleaner.ts';
import { cancel, endRun } from '../../src/queue/change.ts';
import { silentLog } from '../../src/shared/log.ts';
import { type Run, runName } from '../../src/task/glossary.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore, started } from '../support/tasks.ts';

const DAY = 24 * 3600_000;
const ENDED = { outcome: 'cancelled', exitCode: null, reason: null, lastWords: null } as const;

describe('the cleaner', () => {
  it('removes a workspace when the pull request of its task is closed, and tells of it', async () => {
    await using b = bench();
    const id = b.over();
    await settled();
    expect(b.removed).toEqual([]);
    b.close(id);
    await settled();
    expect(b.removed).toEqual(['T1.1']);
    expect(b.store.runs.get(id, 1)?.cleanedAt).toBe(b.clock.now());
    expect(b.store.journal.ofTask(id).at(-1)).toMatchObject({
      type: 'workspace:removed',
      data: { run: 1, rescued: null },
    });
  });

  it('removes what has become old', async () => {
    await using b = bench();
    b.over();
    await b.clock.advance(DAY - 1);
    expect(b.removed).toEqual([]);
    await b.clock.advance(3600_000);
    expect(b.removed).toEqual(['T1.1']);
  });

  it('looks at the task that news tell of, and through all of them by the hour alone', async () => {
    await using b = bench();
    let looks = 0;
    const { removable } = b.store.runs;
    b.store.runs.removable = before => {
      looks += 1;
      return removable(before);
    };
    await settled();
    expect(looks).toBe(1);
    for (let n = 0; n < 20; n++) b.over();
    await b.clock.advance(3600_000);
    expect(looks).toBe(2);
  });

  it('removes at once what somebody wants gone, and says what could not go', async () => {
    await using b = bench();
    b.over();
    b.over();
    started(b.store, {}, b.clock.now());
    b.remove = run => {
      if (run === 'T2.1') throw new Error('the directory is busy');
    };
    expect(await b.cleanUp()).toEqual({
      removed: [{ run: 'T1.1', rescued: null }],
      failed: [{ run: 'T2.1', why: 'the directory is busy' }],
    });
    b.remove = () => {};
    expect(await b.cleanUp()).toEqual({ removed: [{ run: 'T2.1', rescued: null }], failed: [] });
    expect(await b.cleanUp()).toEqual({ removed: [], failed: [] });
    expect(b.store.runs.get(3, 1)?.cleanedAt).toBeNull();
  });

  it('tries a removal that fails again, later each time, whatever news come, and goes on with others', async () => {
    await using b = bench();
    let tries = 0;
    b.remove = run => {
      if (run !== 'T1.1') return;
      tries += 1;
      throw new Error('the directory is busy');
    };
    const first = b.over();
    b.close(first);
    b.close(b.over());
    for (let second = 0; second < 60; second++) {
      b.store.journal.append(b.clock.now(), first, 'pull:state', { state: 'closed' });
      await b.clock.advance(1000);
    }
    expect(tries).toBe(6);
    expect(b.removed).toEqual(['T2.1']);
    b.remove = () => {};
    await b.clock.advance(60_000);
    expect(b.removed).toEqual(['T2.1', 'T1.1']);
  });

  it('goes on after a database error', async () => {
    await using b = bench();
    const { removable } = b.store.runs;
    b.store.runs.removable = () => {
      throw new Error('disk I/O error');
    };
    b.over();
    await b.clock.advance(DAY);
    b.store.runs.removable = removable;
    await b.clock.advance(60_000);
    expect(b.removed).toEqual(['T1.1']);
  });
});

function bench() {
  const store = memoryStore();
  const clock = fakeClock();
  const b = {
    store,
    clock,
    removed: [] as string[],
    remove: (_run: string): void => {},
    /** A task that is over, whose pull request is open. */
    over(): number {
      const { task, run } = started(store, {}, clock.now());
      store.tasks.update(task.id, task.epoch, { pull: task.id, pullState: 'open' });
      store.runs.update(run, { spawnedAt: clock.now() });
      cancel(store, task.id, 'no', clock.now());
      endRun(store, run, ENDED, clock.now());
      return task.id;
    },
    close(id: number): void {
      store.tasks.update(id, store.tasks.get(id)?.epoch ?? 0, { pullState: 'closed' });
      store.journal.append(clock.now(), id, 'pull:state', { state: 'closed' });
    },
    cleanUp: () => cleaner.cleanUp(),
    async [Symbol.asyncDispose]() {
      await cleaner.stop();
      store.close();
    },
  };
  const workspace = {
    async remove(_task: unknown, run: Run) {
      b.remove(runName(run.task, run.number));
      b.removed.push(runName(run.task, run.number));
      return null;
    },
  };
  const cleaner = startCleaner({
    store,
    workspace: workspace as never,
    clock,
    log: silentLog(),
    keepDays: 1,
  });
  return b;
}

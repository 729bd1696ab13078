import { describe, expect, it } from 'vitest';
import type { PublishGit } from '../../src/broker/publish.ts';
import { branchBack } from '../../src/daemon/branch-back.ts';
import { OrchError } from '../../src/shared/errors.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const [BASE, GOOD, BAD, LATE, THEIRS] = ['0', '1', '2', '3', '4'].map(digit => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
  string,
];

/** A task that has pushed `BAD`; its branch stands at `tip` by now. */
function bench({ tip = BAD, confirm = async () => {} }: { tip?: string; confirm?(): Promise<void> }) {
  const store = memoryStore();
  const { task } = started(store);
  const there = { branch: 'orch/T1', target: 'main', baseSha: BASE, head: BAD };
  store.tasks.update(task.id, task.epoch, there);
  const pushed: string[] = [];
  let at = tip;
  const git = {
    isAhead: async (_: Task, sha: string) => sha !== BASE,
    async push(_: Task, sha: string, expected: string) {
      if (expected !== at) return { kind: 'rejected', moved: true, text: 'stale info' };
      pushed.push(sha);
      at = sha;
      return { kind: 'pushed' };
    },
    tip: async () => at,
  } as unknown as PublishGit;
  const bringBack = branchBack({
    store,
    clock: fakeClock(NOW),
    confirm,
    git,
    refusal: async () => null,
  });
  return { store, pushed, back: () => bringBack(store.tasks.get(1) as Task, GOOD) };
}

describe('a branch that is brought back', () => {
  it('goes from where Orch left it', async () => {
    const { pushed, back } = bench({});
    expect(await back()).toEqual({ head: GOOD, kept: null });
    expect(pushed).toEqual([GOOD]);
  });

  it('goes also from a push that came through when its run had just lost the task', async () => {
    const { store, pushed, back } = bench({ tip: LATE });
    store.creations.begin(1, 'branch', 'orch/T1', NOW);
    store.creations.record(1, 'branch', 'orch/T1', 1, LATE);
    expect(await back()).toEqual({ head: GOOD, kept: null });
    expect(pushed).toEqual([GOOD]);
  });

  it('stays where somebody else has pushed to', async () => {
    const { store, pushed, back } = bench({ tip: THEIRS });
    store.creations.begin(1, 'branch', 'orch/T1', NOW);
    store.creations.record(1, 'branch', 'orch/T1', 1, LATE);
    const { head, kept } = await back();
    expect(head).toBe(BAD);
    expect(kept).toContain('somebody else has pushed to it');
    expect(pushed).toEqual([]);
  });

  it('is left alone for who may not command any more', async () => {
    const lost = new OrchError('E_ACCESS_LOST', 'ann may not');
    const { pushed, back } = bench({ confirm: () => Promise.reject(lost) });
    expect((await back()).kept).toContain('ann may not');
    expect(pushed).toEqual([]);
  });
});

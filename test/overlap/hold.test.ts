import { describe, expect, it } from 'vitest';
import { heldBy, heldText } from '../../src/overlap/hold.ts';
import type { Store } from '../../src/store/open.ts';
import type { Request, Task } from '../../src/task/glossary.ts';
import { memoryStore, queued, started } from '../support/tasks.ts';

/** T1 works, and has changed `src/total.js`; whether T2 waits for it, and for which files. */
function held(second: Partial<Request>, prepare: (store: Store) => void = () => {}) {
  using store = memoryStore();
  started(store, { issue: 1, instruction: 'count it in cart.js' });
  store.overlaps.touch(1, ['src/total.js']);
  queued(store, { issue: 2, ...second });
  prepare(store);
  return heldBy(store, store.tasks.get(2) as Task);
}

describe('a task is held by a run that works on its files', () => {
  it('when it names one that the run has changed, or was told of', () => {
    expect(held({ instruction: 'mend total.js' })).toEqual({ by: 1, files: ['src/total.js'] });
    expect(held({ instruction: 'mend it', issueBody: 'see `src/total.js`' })?.files).toEqual([
      'src/total.js',
    ]);
    expect(held({ instruction: 'mend cart.js' })?.files).toEqual(['cart.js']);
    expect(held({ instruction: 'mend tax.js' })).toBeNull();
  });

  it('when it has changed one before, or a task at its issue has', () => {
    const before = (store: Store) => store.overlaps.touch(2, ['src/total.js', 'x']);
    expect(held({ instruction: 'go on' }, before)).toEqual({ by: 1, files: ['src/total.js'] });
    const atIssue = (store: Store) => {
      queued(store, { issue: 2, instruction: 'earlier' });
      store.overlaps.touch(3, ['src/total.js']);
    };
    expect(held({ instruction: 'go on' }, atIssue)?.by).toBe(1);
  });

  it('but not in another repository, on the same branch, or when a person is to have the keyboard', () => {
    const instruction = 'mend total.js';
    expect(held({ instruction, repositoryId: 8 })).toBeNull();
    expect(
      held({ instruction }, store => {
        for (const id of [1, 2])
          store.tasks.update(id, (store.tasks.get(id) as Task).epoch, { branch: 'orch/T1-x' });
      }),
    ).toBeNull();
    expect(
      held({ instruction }, store => void store.tasks.update(2, 0, { keyboard: 'somebody' })),
    ).toBeNull();
  });

  it('and says so', () => {
    expect(heldText({ by: 1, files: ['a', 'b', 'c', 'd', 'e'] })).toBe(
      'waits for T1, which works on `a`, `b`, `c`, and 2 more too',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { createOnce, type Once } from '../../src/github/once.ts';
import { memoryStore, NOW } from '../support/tasks.ts';

function once(create: () => Promise<number>, lookUp: () => Promise<number | null> = async () => null): Once {
  return { task: 0, kind: 'reply', key: '7:settings', now: NOW, create, lookUp };
}

describe('creating once', () => {
  it('holds when two call for it at the same time', async () => {
    using store = memoryStore();
    let made = 0;
    const create = async () => ++made;
    const both = await Promise.all([createOnce(store, once(create)), createOnce(store, once(create))]);
    expect(both).toEqual([
      { id: 1, created: true },
      { id: 1, created: false },
    ]);
  });

  it('looks first when an earlier try failed, also for who waited for it', async () => {
    using store = memoryStore();
    const failing = createOnce(
      store,
      once(async () => {
        throw new Error('the answer was lost');
      }),
    );
    const waiting = createOnce(
      store,
      once(
        async () => 2,
        async () => 1,
      ),
    );
    await expect(failing).rejects.toThrow('lost');
    expect(await waiting).toEqual({ id: 1, created: false });
  });
});

import { describe, expect, it } from 'vitest';
import { endRun, pause, resume } from '../../src/queue/change.ts';
import { claim, type Next } from '../../src/queue/claim.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run } from '../../src/task/glossary.ts';
import { memoryStore, NOW, queued } from '../support/tasks.ts';

/** Claims what the choices say, one after the other. */
function claimOf(store: Store, ...choices: Next[]) {
  return claim(store, () => choices.shift() ?? null, NOW + 1);
}

const byClaude = (task: number, before: Run | null = null): Next => ({
  task,
  profile: 'claude',
  slot: 1,
  choice: 'asked for',
  before,
});

describe('a claim', () => {
  it('makes the run, raises the epoch and tells of it, in one', () => {
    using store = memoryStore();
    const { id } = queued(store);
    const claimed = claimOf(store, byClaude(id));
    expect(claimed?.task).toMatchObject({ id, state: 'starting', epoch: 1, runs: 1, updatedAt: NOW + 1 });
    expect(claimed?.run).toMatchObject({
      task: id,
      number: 1,
      epoch: 1,
      startedAt: NOW + 1,
      spawnedAt: null,
    });
    expect(claimed?.run).toMatchObject({
      profile: 'claude',
      slot: 1,
      choice: 'asked for',
      workspace: 'T1.1',
      session: null,
    });
    expect(store.journal.ofTask(id).slice(1)).toMatchObject([
      { type: 'task:state', data: { from: 'queued', to: 'starting' } },
      { type: 'run:claimed', data: { run: 1, agent: 'claude-1', choice: 'asked for' } },
    ]);
  });

  it('is none where nothing is chosen', () => {
    using store = memoryStore();
    const task = queued(store);
    expect(claimOf(store)).toBeNull();
    expect(store.tasks.get(task.id)).toEqual(task);
  });

  it('leaves nothing when the power goes', () => {
    using store = memoryStore();
    const task = queued(store);
    const { append } = store.journal;
    store.journal.append = () => {
      throw new Error('power cut');
    };
    expect(() => claimOf(store, byClaude(task.id))).toThrow('power cut');
    store.journal.append = append;
    expect(store.tasks.get(task.id)).toEqual(task);
    expect(store.runs.live()).toEqual([]);
    expect(claimOf(store, byClaude(task.id))).not.toBeNull();
  });

  it('fails what nobody will ever take, however many they are, and takes what comes after', () => {
    using store = memoryStore();
    const refused = store.transaction(() =>
      Array.from({ length: 3000 }, () => ({ task: queued(store).id, refused: 'nobody knows how' })),
    );
    const { id } = queued(store);
    expect(claimOf(store, ...refused, byClaude(id))?.task.id).toBe(id);
    expect(store.tasks.counts()).toEqual({ failed: 3000, starting: 1 });
    expect(store.tasks.get(1)?.reason).toBe('nobody knows how');
  });
});

describe('a run that goes on where another stopped', () => {
  function paused(store: Store): Run {
    const { id } = queued(store);
    const { run } = claimOf(store, byClaude(id)) as { run: Run };
    store.runs.update(run, { session: 's-1', spawnedAt: NOW });
    pause(store, id, 'lunch', null, NOW);
    endRun(store, run, { outcome: 'paused', exitCode: null, reason: null, lastWords: null }, NOW);
    resume(store, id, NOW);
    return store.runs.get(1, 1) as Run;
  }

  it('has its workspace and session, with the same agent only', () => {
    using store = memoryStore();
    const before = paused(store);
    expect(claimOf(store, byClaude(1, before))?.run).toMatchObject({ workspace: 'T1.1', session: 's-1' });
    expect(store.tasks.get(1)?.resume).toBeNull();
    using other = memoryStore();
    const last = paused(other);
    const claimed = claimOf(other, { task: 1, profile: 'codex', slot: 1, choice: '', before: last });
    expect(claimed?.run).toMatchObject({ workspace: 'T1.2', session: null });
  });

  it('is given what people have said and nobody has heard yet', () => {
    using store = memoryStore();
    const before = paused(store);
    const said = { task: 1, text: 'mind the gap', author: 'ann', createdAt: NOW };
    const heard = store.inputs.add({ ...said, source: 'a' }) as number;
    store.inputs.arrived(heard, NOW);
    store.inputs.add({ ...said, source: 'b' });
    claimOf(store, byClaude(1, before));
    expect(store.inputs.ofTask(1).map(({ run }) => run)).toEqual([null, 2]);
    expect(store.inputs.isSpokenTo({ task: 1, number: 2 })).toBe(false);
  });
});

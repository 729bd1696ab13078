import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepWork } from '../../src/daemon/kept-work.ts';
import { keptText } from '../../src/github/report/talk.ts';
import { changeState } from '../../src/queue/change.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import type { Task } from '../../src/task/glossary.ts';
import { pin } from '../../src/workspace/refs.ts';
import { fetchStore } from '../../src/workspace/store.ts';
import { fakeClock } from '../support/clock.ts';
import { scramble } from '../support/fake-secrets.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { type Bench, bench } from '../support/workspace.ts';

let shared: Bench;
/** Commits that a run may have left, on a branch of the remote that is no task's. */
let good: string;
let secret: string;

beforeAll(async () => {
  shared = await bench();
  good = await shared.server.commit('given/good', { 'fixed.txt': 'fixed\n' }, { from: shared.sha });
  const key = `ghp_${scramble('kept', 36)}`;
  secret = await shared.server.commit('given/secret', { 'key.txt': `${key}\n` }, { from: good });
  await fetchStore(shared.store, shared.server.remote);
  // Only the store has them from now on.
  await shared.server.git('branch', '-D', 'given/good', 'given/secret');
  await fetchStore(shared.store, shared.server.remote);
});
afterAll(() => shared[Symbol.asyncDispose]());

/** A failed task whose run left these. */
async function failed(left: { taken?: string; snapshot?: string; of?: number }) {
  const store = memoryStore();
  const clock = fakeClock(NOW);
  const { task, run } = started(store);
  store.tasks.update(task.id, task.epoch, { branch: 'orch/T1', target: 'main', baseSha: shared.sha });
  changeState(store, store.tasks.get(task.id) as Task, 'failed', NOW, { reason: 'it failed' });
  if (left.taken) await pin(shared.store, 'T1.1', { head: left.taken });
  if (left.snapshot) {
    const kept = { session: null, why: 'end of T1.1', leftOut: [], pull: null, at: NOW };
    store.checkpoints.add({ task: task.id, run: left.of ?? run.number, sha: left.snapshot, ...kept });
  }
  const repositories = { remote: () => shared.server.remote, store: async () => shared.store };
  const limits = { fileBytes: 1e6, bytes: 1e7, files: 100, commits: 100 };
  const keep = keepWork({
    store,
    clock,
    repositories,
    rules: () => ({ limits, workflows: false, secrets: openSecrets() }),
  });
  const now = () => store.tasks.get(task.id) as Task;
  return {
    store,
    task: now,
    keep: () => keep(now(), run),
    told: () => keptText(run, store.journal.ofTask(task.id)),
    onForge: () => shared.server.git('for-each-ref', '--format=%(objectname)', 'refs/orch/rescue/T1.1'),
    [Symbol.dispose]: () => store.close(),
  };
}

describe('what a run left on a host that does not stay', () => {
  it('stays away from the forge where a rule refuses it, and the comment says so', async () => {
    using world = await failed({ snapshot: secret });
    await world.keep();
    expect(await world.onForge()).toBe('');
    expect(world.told()).toMatch(/^What the agent left is not kept: .*key\.txt/);
  });

  it('is a ref there, once, with the files that were not committed', async () => {
    using world = await failed({ snapshot: good });
    await world.keep();
    await world.keep();
    expect(await world.onForge()).toBe(good);
    expect(world.told()).toBe('What the agent left is kept: `git fetch origin refs/orch/rescue/T1.1`.');
    expect(world.store.journal.ofTask(1).filter(({ type }) => type === 'work:kept')).toHaveLength(1);
  });

  it('are the commits where its files may not go', async () => {
    using world = await failed({ taken: good, snapshot: secret });
    await world.keep();
    expect(await world.onForge()).toBe(good);
    expect(world.told()).toContain('Not all of it: Orch does not take this push');
  });

  it('are not the files that another run left', async () => {
    await pin(shared.store, 'T1.1', { head: shared.sha });
    using world = await failed({ snapshot: good, of: 2 });
    await world.keep();
    expect(world.told()).toBe('');
  });

  it('is nothing once the task is completed', async () => {
    using world = await failed({ snapshot: good });
    world.store.tasks.update(1, world.task().epoch, { state: 'completed' });
    await world.keep();
    expect(world.store.journal.ofTask(1).filter(({ type }) => type === 'work:kept')).toEqual([]);
  });

  it('is a ref there, where people merged its pull request meanwhile', async () => {
    using world = await failed({ snapshot: good });
    world.store.tasks.update(1, world.task().epoch, { state: 'completed', pullState: 'merged' });
    await world.keep();
    expect(await world.onForge()).toBe(good);
  });

  it('is nothing where all of it is published', async () => {
    await pin(shared.store, 'T1.1', { head: shared.sha });
    using world = await failed({ snapshot: shared.sha });
    await world.keep();
    expect(world.told()).toBe('');
  });
});

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { prove } from '../../src/cli/prove.ts';
import { proveAgain } from '../../src/proof/again.ts';
import { proofOf } from '../../src/proof/due.ts';
import type { Store } from '../../src/store/open.ts';
import type { Proof, ProofVerdict } from '../../src/store/proofs.ts';
import type { Task } from '../../src/task/glossary.ts';
import { daemon, place, printed } from '../cli/place.ts';
import { handling } from '../github/handling.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

afterEach(() => {
  process.exitCode = undefined;
});

const [BASE, HEAD] = ['b'.repeat(40), 'c'.repeat(40)];

const proofThat = (verdict: ProofVerdict): Proof => ({
  ...{ base: BASE, head: HEAD, verdict, reason: 'it is so', command: 'npm test', tests: [] },
  ...{ failedBefore: [], failing: [], flaky: [] },
  runs: [{ where: 'after', passed: verdict === 'proven', seconds: 1, ended: null, output: '' }],
});

/** A completed task with an open pull request, whose tests have shown something. */
function proven(store: Store, checks = { proof: true }): Task {
  const { task } = started(store);
  const work = { state: 'completed', head: HEAD, baseSha: BASE, pull: 5, pullState: 'open' } as const;
  store.tasks.update(task.id, task.epoch, { ...work, settings: JSON.stringify({ checks }) });
  store.proofs.put(task.id, proofThat('unproven'), NOW);
  return store.tasks.get(task.id) as Task;
}

const asked = (store: Store) => store.journal.ofTask(1).filter(({ type }) => type === 'proof:asked');

describe('another proof', () => {
  it('is none at a desk, which has tests of its own', () => {
    using store = memoryStore();
    const task = proven(store);
    store.proofs.forget(task.id);
    store.pulls.put({ task: task.id, title: 'Mend it', body: '', draft: false, openedAt: NOW });
    expect(proofOf(store, task)).toBeNull();
    expect(() => proveAgain(store, task, 'ann', NOW)).toThrow('no open pull request whose tests Orch runs');
  });

  it('is due from then on, and asked for once while it is', () => {
    using store = memoryStore();
    const task = proven(store);
    proveAgain(store, task, 'ann', NOW);
    proveAgain(store, task, 'ann', NOW);
    expect(proofOf(store, task)).toBe('due');
    expect(asked(store)).toMatchObject([{ data: { by: 'ann' } }]);
  });

  it.each<Partial<Task>>([{ pullState: 'merged' }, { pull: null, pullState: null }, { state: 'failed' }])(
    'is refused where there is none to be had: %j',
    changes => {
      using store = memoryStore();
      const task = proven(store);
      store.tasks.update(task.id, task.epoch, changes);
      expect(() => proveAgain(store, task, 'ann', NOW)).toThrow('T1 has no open pull request');
      expect(store.proofs.get(1)).not.toBeNull();
    },
  );
});

describe('/orch prove', () => {
  const says = async (body: string, role: string, prepare: (store: Store) => void = proven) => {
    const world = handling({ settings: 'agents: { claude: { command: [claude] } }\n', role });
    prepare(world.store);
    const payload = { issue: { number: 42, title: 'It breaks' }, comment: { id: 100, body } };
    for (const delivery of ['d1', 'd2']) await world.handle('issue_comment.created', delivery, payload);
    return world;
  };

  it('has the tests run once more, once for a comment', async () => {
    using world = await says('/orch prove', 'write');
    expect(asked(world.store)).toMatchObject([{ data: { by: 'writer' } }]);
    expect(world.comments()).toEqual([]);
  });

  it('is for who may command', async () => {
    using world = await says('/orch prove', 'read');
    expect(asked(world.store)).toEqual([]);
  });

  it('is refused with the reason', async () => {
    using world = await says('/orch prove T1', 'write', started);
    expect(world.comments()).toEqual([expect.stringContaining('E_TASK_STATE: T1 has no open pull request')]);
  });
});

describe('orch prove', () => {
  it.each([
    ['proven', undefined],
    ['broken', 1],
  ] as const)('tells what came of it, and how to see the same: %s', async (verdict, exit) => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    proven(store);
    using _news = store.journal.onAppend(() => {
      if (asked(store).length === 1) store.proofs.put(1, proofThat(verdict), NOW);
    });
    const home = join(here.path, '.orch');
    const said = await printed(home, () => prove('T1', {}));
    const shows = verdict === 'proven' ? 'passes' : 'fails';
    expect(said).toMatch(/^T1: .*: it is so\n/);
    expect(said).toContain(`  git switch --detach ${HEAD} && npm test   # ${shows}\n`);
    expect(process.exitCode).toBe(exit);
  });

  it('says why it can not', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    started(store);
    const home = join(here.path, '.orch');
    await expect(printed(home, () => prove('T1', {}))).rejects.toMatchObject({ code: 'E_TASK_STATE' });
  });
});

import { expect, it } from 'vitest';
import { createPublisher } from '../../src/broker/publish.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const [OURS, THEIRS, NEXT] = ['a', 'b', 'c'].map(letter => letter.repeat(40)) as [string, string, string];

/** A run whose branch Orch has brought to `OURS`; on the forge it stands at `tip`, and a push lacks the commits `lost`. */
function bench({ tip, lost = [] }: { tip: string; lost?: string[] }) {
  const store = memoryStore();
  const { task, run } = started(store);
  store.tasks.update(task.id, run.epoch, { branch: 'orch/T1', target: 'main', baseSha: '0', head: OURS });
  store.journal.append(NOW, task.id, 'branch:pushed', { run: run.number, head: OURS });
  const forge = { tip, lost };
  const git = {
    receive: async () => {},
    isAhead: async () => true,
    keepTip: async () => {},
    rescue: async () => 'git fetch origin refs/orch/rescue/T1.1',
    lost: async () => forge.lost,
    tip: async () => forge.tip,
    async push(_: unknown, sha: string, expected: string) {
      if (expected !== forge.tip) return { kind: 'rejected', moved: true, text: 'stale info' };
      forge.tip = sha;
      return { kind: 'pushed' };
    },
  };
  const publisher = createPublisher(
    {
      ...{ store, clock: fakeClock(NOW), secrets: openSecrets(), git: git as never },
      forge: { name: 'GitHub', confirm: async () => {} } as never,
    },
    run,
  );
  const push = async (sha: string) => await publisher.push({ new: sha, pack: null as never, isLast: false });
  return { store, forge, push, head: () => store.tasks.get(task.id)?.head };
}

it('a push that meets somebody else’s is refused, and taken once it builds on that', async () => {
  const { store, forge, push, head } = bench({ tip: THEIRS, lost: [] });
  using _ = store;
  await expect(push(NEXT)).rejects.toMatchObject({
    code: 'E_PUSH_REFUSED',
    message: expect.stringContaining('Somebody else has pushed to `orch/T1`'),
    remedy: expect.stringMatching(/`git pull --rebase origin orch\/T1`.*refs\/orch\/rescue\/T1\.1/),
  });
  expect(head()).toBe(THEIRS);
  forge.lost = [THEIRS];
  await expect(push(NEXT), 'by force').rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
  expect(forge.tip).toBe(THEIRS);
  forge.lost = [];
  await push(NEXT);
  expect([forge.tip, head()]).toEqual([NEXT, NEXT]);
});

it('a run that goes on from somebody else’s commit may not take it away, but what Orch has pushed', async () => {
  const { store, forge, push } = bench({ tip: OURS, lost: [OURS, THEIRS] });
  using _ = store;
  store.tasks.update(1, 1, { continues: 1, headSha: THEIRS });
  await expect(push(NEXT)).rejects.toMatchObject({ code: 'E_PUSH_REFUSED' });
  expect(forge.tip).toBe(OURS);
  forge.lost = [OURS];
  await push(NEXT);
  expect(forge.tip).toBe(NEXT);
});

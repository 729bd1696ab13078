import { expect, it } from 'vitest';
import { defaultRepositorySettings } from '../../../src/config/repository.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import { type Cause, pullOrigin, wake } from '../../../src/github/follow-up/wake.ts';
import { silentLog } from '../../../src/shared/log.ts';
import type { Store } from '../../../src/store/open.ts';
import type { Request, Task } from '../../../src/task/glossary.ts';
import { fakeClock } from '../../support/clock.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const { settings } = loadSettings({ text: '', env: {} });
const HEAD = 'b'.repeat(40);

/** A task of Orch's whose pull request 12 is open. */
function withPull(store: Store, changes: Partial<Request> = {}): Task {
  const { task } = started(store, { agent: 'claude', ...changes });
  const pull = { pull: 12, pullUrl: 'https://github.test/12', pullState: 'open' } as const;
  store.tasks.update(task.id, task.epoch, { branch: 'orch/T1', target: 'main', baseSha: 'a', ...pull });
  store.creations.begin(task.id, 'pull', 'orch/T1@1', NOW);
  store.creations.record(task.id, 'pull', 'orch/T1@1', 12, '');
  return store.tasks.get(task.id) as Task;
}

function waking(store: Store, origin: Task, cause: Partial<Cause> = {}) {
  const clock = fakeClock(NOW);
  return wake({ store, settings, clock, log: silentLog() }, origin, {
    kind: 'review',
    source: 'review:981',
    instruction: 'Settle the review by `ana`',
    matter: { review: 981 },
    pull: { title: 'Mend it', body: null, head: HEAD },
    by: { login: 'ana', id: 3 },
    repository: defaultRepositorySettings(settings),
    delivery: 'd1',
    ...cause,
  });
}

it('a cause queues one task that goes on in the branch of the pull request', () => {
  using store = memoryStore();
  const origin = withPull(store);
  expect(pullOrigin(store, origin.repositoryId, 12)?.id).toBe(origin.id);
  const woken = waking(store, origin);
  expect(woken).toMatchObject({
    kind: 'queued',
    task: {
      ...{ continues: origin.id, branch: 'orch/T1', head: HEAD, headSha: HEAD, pull: 12, issue: 12 },
      ...{ requester: 'ana', requesterId: 3, agent: 'claude', state: 'queued', base: 'main' },
    },
  });
  const id = (woken as { task: Task }).task.id;
  expect(store.followUps.get(id)).toMatchObject({
    origin: origin.id,
    kind: 'review',
    matter: '{"review":981}',
  });
  expect(waking(store, origin)).toMatchObject({ kind: 'known', task: { id } });
  // What goes on is not what began.
  expect(pullOrigin(store, origin.repositoryId, 12)?.id).toBe(origin.id);
});

it('a pull request that is closed, or not of Orch, has no origin', () => {
  using store = memoryStore();
  const origin = withPull(store);
  store.tasks.update(origin.id, origin.epoch, { pullState: 'closed' });
  expect(pullOrigin(store, origin.repositoryId, 12)).toBeNull();
  store.tasks.update(origin.id, origin.epoch, { pullState: 'open', pull: 13 });
  expect(pullOrigin(store, origin.repositoryId, 13)).toBeNull();
});

it('what nobody asks for gets what is left of the budget of the pull request, and nothing when that is spent', () => {
  using store = memoryStore();
  const origin = withPull(store, { budgetUsd: 2, budgetTokens: null });
  const spend = (task: number, costUsd: number) =>
    store.usage.write({
      ...{ task, run: 1, model: null, inputTokens: 5, cachedTokens: 0, outputTokens: 5 },
      ...{ costUsd, costSource: 'reported', at: NOW },
    });
  spend(origin.id, 0.5);
  const ci = (source: string) => waking(store, origin, { kind: 'ci', source, instruction: source, by: null });
  const first = ci('ci:12:a');
  expect(first).toMatchObject({ kind: 'queued', task: { budgetUsd: 1.5, requester: 'ann' } });
  const { id } = (first as { task: Task }).task;
  store.runs.insert({
    ...{ task: id, number: 1, epoch: 1, profile: 'good', slot: 1, choice: null },
    ...{ workspace: `T${id}.1`, session: null, keyboard: null, startedAt: NOW },
  });
  spend(id, 1.5);
  expect(ci('ci:12:b')).toEqual({ kind: 'spent' });
  // A person grants it anew.
  expect(waking(store, origin)).toMatchObject({ kind: 'queued', task: { budgetUsd: 2 } });
});

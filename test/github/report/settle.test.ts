import { expect, it } from 'vitest';
import { settleReview } from '../../../src/github/report/settle.ts';
import { silentLog } from '../../../src/shared/log.ts';
import type { Store } from '../../../src/store/open.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { fakeClock } from '../../support/clock.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const OLD = 'a'.repeat(40);
const NEW = 'c'.repeat(40);
const THREADS = [
  { comment: 11, path: 'total.js' },
  { comment: 12, path: 'tax.js' },
];

/** A completed task that a review has queued. */
function reviewed(store: Store, changes: Partial<Task> = {}): Task {
  const { task } = started(store, { headSha: OLD });
  store.tasks.update(task.id, task.epoch, { state: 'completed', pull: 12, head: NEW, ...changes });
  const matter = JSON.stringify({ by: 'ana', threads: THREADS });
  store.followUps.add({ task: task.id, origin: task.id, kind: 'review', matter });
  return store.tasks.get(task.id) as Task;
}

/** GitHub, where one commit has changed total.js since the review; `refused` is the part of a route that it answers 404 to. */
function settling(store: Store, task: Task, refused = 'nothing') {
  const wishes: Record<string, unknown>[] = [];
  const octokit = {
    async request(route: string, options: Record<string, unknown>) {
      if (route.includes(refused)) throw Object.assign(new Error('Not Found'), { status: 404 });
      if (route.includes('/compare/')) return { data: { commits: [{ sha: NEW }] } };
      if (route.includes('/commits/')) return { data: { files: [{ filename: 'total.js' }] } };
      wishes.push(options);
      return { data: { id: 100 + wishes.length } };
    },
  };
  const options = { store, clock: fakeClock(NOW), log: silentLog() };
  const settle = async () => await settleReview(options as never, octokit as never, task);
  const answers = () => wishes.flatMap(({ body }) => (typeof body === 'string' ? [body] : []));
  return { settle, answers, wishes };
}

it('each thread is answered once with the commit that changed its file, and the review is asked for again', async () => {
  using store = memoryStore();
  const { settle, answers, wishes } = settling(store, reviewed(store));
  await settle();
  await settle();
  expect(answers()).toHaveLength(2);
  expect(answers()[0]).toContain(`Settled in ${NEW} (T1).`);
  expect(answers()[1]).toContain(`This file is as before; what T1 changed elsewhere is in ${NEW}.`);
  expect(wishes.filter(({ reviewers }) => reviewers)).toMatchObject([{ reviewers: ['ana'] }]);
});

it('work that changed nothing says so', async () => {
  using store = memoryStore();
  const { settle, answers } = settling(store, reviewed(store, { head: OLD }));
  await settle();
  expect(answers()[0]).toContain('T1 has changed nothing for this.');
});

it('where the reviewed commit is gone, the head is named', async () => {
  using store = memoryStore();
  const { settle, answers } = settling(store, reviewed(store), '/compare/');
  await settle();
  expect(answers()).toHaveLength(2);
  for (const text of answers()) expect(text).toContain(`What T1 has changed is in ${NEW}.`);
});

it('a locked conversation stops neither the other wishes nor the report', async () => {
  using store = memoryStore();
  const { settle, answers, wishes } = settling(store, reviewed(store), '/replies');
  await settle();
  expect(answers()).toEqual([]);
  expect(wishes).toMatchObject([{ reviewers: ['ana'] }]);
});

it('nothing is settled before the task is completed', async () => {
  using store = memoryStore();
  const { settle, wishes } = settling(store, reviewed(store, { state: 'failed' }));
  await settle();
  expect(wishes).toEqual([]);
});

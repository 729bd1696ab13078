import { expect, it } from 'vitest';
import { localPulls } from '../../src/local/pulls.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

it('a local pull request stands again as it did, as long as it is open', async () => {
  const store = memoryStore();
  const { task } = started(store);
  const pulls = localPulls({ store, clock: fakeClock(NOW) });
  const now = () => store.tasks.get(task.id) as Task;
  expect(await pulls.words(now())).toBeNull();
  await pulls.open(now(), { title: 'Fix', body: 'Fixed.', draft: false });
  const then = await pulls.words(now());
  expect(then).toEqual({ title: 'Fix', body: 'Fixed.', labels: [] });
  await pulls.reword(now(), { title: 'Better', body: '', labels: [] });
  expect(await pulls.words(now())).toEqual({ title: 'Better', body: '', labels: [] });
  store.tasks.update(task.id, task.epoch, { pullState: 'merged' });
  expect(await pulls.words(now())).toBeNull();
});

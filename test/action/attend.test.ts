import { describe, expect, it } from 'vitest';
import { attend } from '../../src/action/attend.ts';
import { changeState, pause } from '../../src/queue/change.ts';
import { describeError, OrchError } from '../../src/shared/errors.ts';
import type { Task } from '../../src/task/glossary.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';

describe('in a job', () => {
  it('what would wait for a person fails', () => {
    using store = memoryStore();
    const { task } = started(store);
    attend(store, pause(store, task.id, 'all of 2usd is spent', null, NOW), NOW);
    expect(store.tasks.get(task.id)).toMatchObject({
      state: 'failed',
      reason: 'all of 2usd is spent; in a workflow nobody can let it go on',
    });
  });

  it('what waits for its time goes on waiting', () => {
    using store = memoryStore();
    const { task } = started(store);
    attend(store, pause(store, task.id, 'its limit is reached', NOW + 60_000, NOW), NOW);
    expect(store.tasks.get(task.id)?.state).toBe('paused');
  });

  it.each(['E_SANDBOX_UNAVAILABLE', 'E_DISK_FULL'] as const)(
    'what waits for the host to be mended fails, and says so: %s',
    code => {
      using store = memoryStore();
      const { task } = started(store);
      const reason = describeError(new OrchError(code, 'It lacks something'));
      changeState(store, store.tasks.get(task.id) as Task, 'queued', NOW, { reason });
      attend(store, store.tasks.get(task.id) as Task, NOW);
      const told = 'It lacks something. Mend that on the runner, then run the job again.';
      expect(store.tasks.get(task.id)).toMatchObject({ state: 'failed', reason: `${code}: ${told}` });
    },
  );

  it('what is queued for any other reason stays so', () => {
    using store = memoryStore();
    const task = queued(store);
    attend(store, task, NOW);
    expect(store.tasks.get(task.id)?.state).toBe('queued');
  });

  it('a question is answered once', () => {
    using store = memoryStore();
    const { task } = started(store);
    store.tasks.update(task.id, task.epoch, { question: 'Which one?' });
    const asking = store.tasks.get(task.id) as Task;
    attend(store, asking, NOW);
    attend(store, store.tasks.get(task.id) as Task, NOW);
    expect(store.tasks.get(task.id)?.question).toBeNull();
    expect(store.inputs.ofTask(task.id)).toMatchObject([
      { author: 'Orch', text: expect.stringMatching(/^Nobody can answer/) },
    ]);
  });
});

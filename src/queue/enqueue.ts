import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Request, type Task, taskName } from '../task/glossary.ts';

export type Enqueued = { kind: 'queued' | 'duplicate' | 'known'; task: Task };

/**
 * Puts a request into the queue, once: `known` is the same request come again (a redelivery), `duplicate` the open
 * task that asks for the same thing at the same place. It starts when the tasks that it comes `after` are completed.
 * Errors: E_QUEUE_FULL, E_UNKNOWN_TASK.
 */
export function enqueue(
  store: Store,
  request: Request,
  now: number,
  maxSize: number,
  after: readonly number[] = [],
): Enqueued {
  return store.transaction(() => {
    const known = store.tasks.bySource(request.source);
    if (known) return { kind: 'known', task: known };
    const twin = store.tasks.openTwin(request, after);
    if (twin) return { kind: 'duplicate', task: twin };
    if (store.tasks.countOpen() >= maxSize) {
      throw new OrchError('E_QUEUE_FULL', `${maxSize} tasks are open already`);
    }
    const isHere = (task: number) => store.tasks.get(task)?.repositoryId === request.repositoryId;
    const unknown = after.find(task => !isHere(task));
    if (unknown !== undefined)
      throw new OrchError('E_UNKNOWN_TASK', `There is no task ${taskName(unknown)} here to wait for`);
    const id = store.tasks.insert(request, now);
    for (const task of after) store.dependencies.add(id, task);
    store.journal.append(now, id, 'task:queued', {});
    return { kind: 'queued', task: store.tasks.get(id) as Task };
  });
}

import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Request, Task } from '../task/glossary.ts';

export type Enqueued = { kind: 'queued' | 'duplicate' | 'known'; task: Task };

/**
 * Puts a request into the queue, once: `known` is the same request come again (a redelivery), `duplicate` the open
 * task that asks for the same thing at the same place. Errors: E_QUEUE_FULL.
 */
export function enqueue(store: Store, request: Request, now: number, maxSize: number): Enqueued {
  return store.transaction(() => {
    const known = store.tasks.bySource(request.source);
    if (known) return { kind: 'known', task: known };
    const twin = store.tasks.openTwin(request.repositoryId, request.issue, request.instruction);
    if (twin) return { kind: 'duplicate', task: twin };
    if (store.tasks.countOpen() >= maxSize) {
      throw new OrchError('E_QUEUE_FULL', `${maxSize} tasks are open already`);
    }
    const id = store.tasks.insert(request, now);
    store.journal.append(now, id, 'task:queued', {});
    return { kind: 'queued', task: store.tasks.get(id) as Task };
  });
}

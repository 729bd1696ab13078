import { OrchError } from '../shared/errors.ts';
import type { Said } from '../store/inputs.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { existing, resume } from './change.ts';

/**
 * Tells a task's agent something, once for a source. It answers what the agent has asked, and a task that is paused for
 * that goes on. Errors: E_UNKNOWN_TASK, E_TASK_OVER, E_SAID_TOO_MUCH.
 */
export function say(store: Store, id: number, said: Said, now: number): Task {
  return store.transaction(() => {
    const task = existing(store, id);
    if (isFinal(task.state)) throw new OrchError('E_TASK_OVER', `${taskName(id)} is ${task.state} already`);
    const input = store.inputs.add({ ...said, task: id, createdAt: now });
    if (input === null) return task;
    if (store.inputs.isFull(id)) throw new OrchError('E_SAID_TOO_MUCH', `${taskName(id)} has to hear a lot`);
    store.journal.append(now, id, 'input:queued', { input });
    if (task.question === null) return task;
    store.journal.append(now, id, 'task:question', { question: null });
    store.tasks.update(id, task.epoch, { question: null, updatedAt: now });
    return task.state === 'paused' ? resume(store, id, now) : existing(store, id);
  });
}

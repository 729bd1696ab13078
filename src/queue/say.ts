import { OrchError } from '../shared/errors.ts';
import type { Input } from '../store/inputs.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { changeState, existing } from './change.ts';

/** What may wait to be heard by one agent, in characters: all of it has to fit into one prompt. */
const MOST_SAID = 32_000;

type Said = Pick<Input, 'text' | 'author' | 'source'>;

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
    if (store.inputs.unheard(id) > MOST_SAID)
      throw new OrchError('E_SAID_TOO_MUCH', `Agents are told ${MOST_SAID} characters at once`);
    store.journal.append(now, id, 'input:queued', { input });
    if (task.question === null) return task;
    store.journal.append(now, id, 'task:question', { question: null });
    store.tasks.update(id, task.epoch, { question: null, updatedAt: now });
    if (task.state === 'paused') changeState(store, task, 'queued', now, { readyAt: now, wakeAt: null });
    return existing(store, id);
  });
}

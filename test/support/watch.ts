import { type Clock, systemClock } from '../../src/shared/clock.ts';
import type { Store } from '../../src/store/open.ts';
import type { Task } from '../../src/task/glossary.ts';
import { isFinal, type TaskState } from '../../src/task/states.ts';

export interface Watch extends Disposable {
  /** Something has happened: all who wait look. */
  notify(): void;
  /** Resolves with what `look` finds, as soon as it finds something; looked at when anything happens. */
  until<T>(look: () => T | null | undefined | false): Promise<T>;
}

/** For tests that wait for what a daemon does. */
export function openWatch(): Watch {
  const watchers = new Set<() => void>();
  const notify = () => {
    for (const watcher of watchers) watcher();
  };
  // Cursors and agents' files change without a word.
  const poll = setInterval(notify, 50);
  return {
    notify,
    until: look =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          try {
            const found = look();
            if (!found) return;
            watchers.delete(watcher);
            resolve(found);
          } catch (error) {
            watchers.delete(watcher);
            reject(error);
          }
        };
        watchers.add(watcher);
        watcher();
      }),
    [Symbol.dispose]: () => clearInterval(poll),
  };
}

/** The task if it is in this state and its last run has ended. Throws when it is over in another one. */
export function endedIn({ tasks, runs }: Store, id: number, state: TaskState): Task | false {
  const task = tasks.get(id);
  const run = runs.ofTask(id).at(-1);
  if (task && isFinal(task.state) && task.state !== state)
    throw new Error(`T${id} is ${task.state}: ${task.reason}\n${run?.lastWords}`);
  return task?.state === state && (run === undefined || run.endedAt !== null) && task;
}

/** Real time, but nobody waits long for what is due in some seconds: who is called too early looks, and waits on. */
export const impatientClock: Clock = {
  now: systemClock.now,
  after: (milliseconds, call) =>
    systemClock.after(milliseconds > 10_000 ? milliseconds : Math.min(milliseconds, 500), call),
};

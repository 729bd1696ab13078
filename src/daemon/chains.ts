import type { Settings } from '../config/settings.ts';
import { changeState } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal, type TaskState } from '../task/states.ts';

export interface ChainsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** What becomes of tasks when one that they need comes to nothing. */
  failedPrerequisite: Settings['policies']['failedPrerequisite'];
}

/**
 * Looks after tasks that need others: says what they wait for, and what follows when that comes to nothing. That none
 * starts too early is the claim's to see to, so nothing depends on when this looks.
 */
export function startChains({ store, clock, log, failedPrerequisite }: ChainsOptions) {
  const looks = keyedRounds({
    clock,
    work: async (task: number) => {
      store.transaction(() => look(task));
      return null;
    },
    failed: (task: number, err) => log.error({ task: taskName(task), err }, 'could not be looked at'),
  });
  const news = store.journal.onAppend(task => {
    for (const id of [task, ...store.dependencies.dependants(task)]) looks.wake(id);
  });
  for (const task of store.dependencies.queued()) looks.wake(task);

  function look(id: number): void {
    const task = store.tasks.get(id);
    if (task?.state !== 'queued' || store.dependencies.of(id).length === 0) return;
    const unmet = store.dependencies.unmet(id).map(each => store.tasks.get(each) as Task);
    const lost = unmet.filter(({ state }) => isFinal(state));
    if (unmet.length === 0) stopWaiting(task);
    else if (lost.length === 0 || failedPrerequisite === 'hold') waitFor(task, unmet, lost);
    else if (failedPrerequisite === 'run') goOnWithout(task, lost);
    else
      changeState(store, task, 'failed', clock.now(), { reason: `needs ${names(lost)}, but ${fates(lost)}` });
  }

  function waitFor(task: Task, unmet: readonly Task[], lost: readonly Task[]): void {
    const way = lost.length === 0 ? '' : `, but ${fates(lost)}: retry ${names(lost)} to go on`;
    const reason = `waits for ${names(unmet)}${way}`;
    if (reason !== task.reason) tell(task, reason);
  }

  /** The task may have another reason by now, which stays. */
  function stopWaiting(task: Task): void {
    const told = store.journal.ofTask(task.id).findLast(event => event.type === 'task:waits');
    if (told?.type === 'task:waits' && told.data.reason === task.reason && task.reason !== null)
      tell(task, null);
  }

  function goOnWithout(task: Task, lost: readonly Task[]): void {
    for (const { id } of lost) store.dependencies.waive(task.id, id);
    tell(task, `goes on though ${fates(lost)}`);
  }

  function tell(task: Task, reason: string | null): void {
    store.tasks.update(task.id, task.epoch, { reason, updatedAt: clock.now() });
    store.journal.append(clock.now(), task.id, 'task:waits', { reason });
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await looks.stop();
    },
  };
}

const FATES: Partial<Record<TaskState, string>> = {
  failed: 'failed',
  escalated: 'needs a person',
  cancelled: 'was cancelled',
};

/** `T3 failed and T4 was cancelled`. */
function fates(tasks: readonly Task[]): string {
  return LIST.format(tasks.map(({ id, state }) => `${taskName(id)} ${FATES[state]}`));
}

function names(tasks: readonly Task[]): string {
  return LIST.format(tasks.map(({ id }) => taskName(id)));
}

const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

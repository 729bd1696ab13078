import { OrchError } from '../shared/errors.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import { isResumed, type Run, type RunOutcome, type Task, taskName } from '../task/glossary.ts';
import { isFinal, mayBecome, type TaskState } from '../task/states.ts';

/**
 * Moves a task to another state with the journal entry that tells of it. False when the task has changed hands
 * since it was read: the caller's knowledge is old, and nothing was written.
 */
export function changeState(
  store: Store,
  task: Task,
  to: TaskState,
  now: number,
  patch: Partial<Task> = {},
): boolean {
  if (!mayBecome(task.state, to)) {
    throw new OrchError('E_TASK_STATE', `${taskName(task.id)} is ${task.state} and can't become ${to}`);
  }
  return store.transaction(() => {
    const reason = bounded(patch.reason);
    if (!store.tasks.update(task.id, task.epoch, { ...patch, state: to, reason, updatedAt: now }))
      return false;
    store.journal.append(now, task.id, 'task:state', { from: task.state, to, reason });
    return true;
  });
}

export type Ending = Pick<Run, 'exitCode' | 'reason' | 'lastWords'> & { outcome: RunOutcome };

/** Records how a run ended, once. */
export function endRun(store: Store, run: Run, ending: Ending, now: number): boolean {
  return store.transaction(() => {
    const { outcome, exitCode } = ending;
    const reason = bounded(ending.reason);
    if (!store.runs.update(run, { ...ending, reason, endedAt: now })) return false;
    store.journal.append(now, run.task, 'run:ended', { run: run.number, outcome, exitCode, reason });
    return true;
  });
}

/**
 * Cancels a task for good. The epoch rises with it, so whatever its run still tries is refused; the scheduler then
 * stops the agent. A task that is over stays as it is: E_TASK_STATE.
 */
export function cancel(store: Store, id: number, reason: string, now: number): Task {
  return store.transaction(() => {
    const task = existing(store, id);
    if (isFinal(task.state)) throw new OrchError('E_TASK_STATE', `${taskName(id)} is ${task.state} already`);
    changeState(store, task, 'cancelled', now, { reason, epoch: task.epoch + 1 });
    return existing(store, id);
  });
}

/**
 * Keeps a task from going on until `wakeAt` (ms), or until a person says so where that is null. As with `cancel` the epoch
 * rises and the scheduler stops the agent; the next run goes on in its workspace. Errors: E_TASK_STATE.
 */
export function pause(store: Store, id: number, reason: string, wakeAt: number | null, now: number): Task {
  return store.transaction(() => {
    const task = existing(store, id);
    const run = store.runs.liveOf(id);
    const isUsed = run?.epoch === task.epoch && (run.spawnedAt !== null || isResumed(run));
    const resume = isUsed ? run.number : task.resume;
    const paused = { reason, wakeAt, resume, keyboard: null, epoch: task.epoch + 1 };
    changeState(store, task, 'paused', now, paused);
    return existing(store, id);
  });
}

/**
 * Queues a paused task, to go on where it stopped; its agent is tried though its limit may not be over. Who has the
 * keyboard gives it back. Errors: E_TASK_STATE.
 */
export function resume(store: Store, id: number, now: number): Task {
  return store.transaction(() => {
    if (keyboardOf(store, existing(store, id)) !== null)
      pause(store, id, 'the keyboard was given back', null, now);
    const task = existing(store, id);
    if (task.state !== 'paused')
      throw new OrchError('E_TASK_STATE', `${taskName(id)} is ${task.state}, not paused`);
    store.breakers.overrule(id, task.resume ?? task.runs);
    // What would have gone on by itself is granted nothing.
    const budget = task.wakeAt === null ? store.usage.renewal(task) : {};
    changeState(store, task, 'queued', now, { wakeAt: null, readyAt: now, ...budget });
    return existing(store, id);
  });
}

/** Who has the keyboard of a task, or is about to get it. */
export function keyboardOf(store: Store, task: Task): string | null {
  const run = store.runs.liveOf(task.id);
  return task.keyboard ?? (run?.epoch === task.epoch ? run.keyboard : null);
}

/** Paused tasks whose time has come go on. */
export function wake(store: Store, now: number): void {
  // Nobody says so: an agent that is at its limit again, or still, is not tried for it, and no budget is granted.
  for (const id of store.tasks.wakeable(now))
    changeState(store, existing(store, id), 'queued', now, { wakeAt: null, readyAt: now });
}

/** Queues a task again that failed, was escalated or cancelled; it goes on in its branch. Errors: E_TASK_STATE. */
export function retry(store: Store, id: number, reason: string, now: number): Task {
  return store.transaction(() => {
    const task = existing(store, id);
    if (!isFinal(task.state) || task.state === 'completed') {
      throw new OrchError('E_TASK_STATE', `${taskName(id)} is ${task.state}, so there is nothing to retry`);
    }
    store.breakers.overrule(id, task.runs);
    // A pull request that somebody closed is not the result any more; an open one still is.
    const result = task.pullState === 'open' ? {} : { pull: null, pullUrl: null, pullState: null };
    const anew = { epoch: task.epoch + 1, tries: 0, readyAt: now, resume: null };
    changeState(store, task, 'queued', now, { ...result, ...anew, ...store.usage.renewal(task), reason });
    return existing(store, id);
  });
}

/** Low tasks that have waited long enough become normal ones, so that they are not starved. */
export function promote(store: Store, waitedSince: number, now: number): void {
  for (const id of store.tasks.promotable(waitedSince)) {
    store.transaction(() => {
      const task = existing(store, id);
      store.tasks.update(id, task.epoch, { priority: 'normal', updatedAt: now });
      store.journal.append(now, id, 'task:promoted', {});
    });
  }
}

/** A program's whole output may stand in a reason, and each is kept and shown in several places. */
function bounded(reason: string | null | undefined): string | null {
  return reason == null ? null : shorten(reason, 500);
}

/** Errors: E_UNKNOWN_TASK. */
export function existing(store: Store, id: number): Task {
  const task = store.tasks.get(id);
  if (!task) throw new OrchError('E_UNKNOWN_TASK', `There is no task ${taskName(id)}`);
  return task;
}

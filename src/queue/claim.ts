import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { changeState } from './change.ts';

/** Which queued task is next, who takes it and why (`choice`), going on where `before` stopped; or why nobody ever will. */
export type Next = Taken | { task: number; refused: string };
type Taken = { task: number; profile: string; slot: number; choice: string; before: Run | null };

/** Asked within the claim's transaction; null while no task may start. */
export type Choose = (now: number) => Next | null;

export interface Claim {
  task: Task;
  run: Run;
}

/**
 * Takes the task that `choose` names and makes its next run, in one transaction; null when none may start. A task that
 * nobody will ever take fails on the way.
 */
export function claim(store: Store, choose: Choose, now: number): Claim | null {
  return store.transaction(() => {
    for (;;) {
      const next = choose(now);
      if (!next) return null;
      const task = store.tasks.get(next.task) as Task;
      if (!('refused' in next)) return take(store, task, next, now);
      changeState(store, task, 'failed', now, { reason: next.refused });
    }
  });
}

/**
 * The epoch rises, so that whatever an older run of the task still does is refused. What people have told the task's agent
 * is given to the new run.
 */
function take(store: Store, task: Task, next: Taken, now: number): Claim {
  const { profile, slot, choice, before } = next;
  const epoch = task.epoch + 1;
  const number = task.runs + 1;
  const isSame = before?.profile === profile;
  const { workspace, session } = isSame ? before : { workspace: runName(task.id, number), session: null };
  // What the workspace has of the branch is what the task knows of it.
  const head = (isSame && store.tasks.get(before.task)?.head) || task.head;
  const taken = { epoch, runs: number, resume: null, keyboard: null, question: null, head };
  changeState(store, task, 'starting', now, taken);
  // A person takes over what is there, or nothing.
  const keyboard = isSame ? task.keyboard : null;
  const agent = { profile, slot, choice, workspace, session, keyboard };
  store.runs.insert({ task: task.id, number, epoch, ...agent, startedAt: now });
  for (const { id } of store.inputs.waiting(task.id)) store.inputs.give(id, number);
  store.journal.append(now, task.id, 'run:claimed', { run: number, agent: `${profile}-${slot}`, choice });
  return { task: store.tasks.get(task.id) as Task, run: store.runs.get(task.id, number) as Run };
}

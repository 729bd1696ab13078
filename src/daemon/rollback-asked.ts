import { pause } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

type RollBack = (task: number, checkpoint: number | null, by: string) => Task;

/**
 * Has a task go back to a checkpoint, the newest that is not how it stands unless told. What was not over is paused with
 * it and goes on from there when somebody says so; what was over stays so. Errors: E_CHECKPOINT, E_UNKNOWN_TASK.
 */
export function rollBackIn({ store, clock }: { store: Store; clock: Clock }): RollBack {
  return (id, number, by) =>
    store.transaction(() => {
      const now = clock.now();
      const checkpoint = choose(store, id, number);
      const reason = `rolled back to checkpoint ${checkpoint} by ${by}`;
      const { state } = store.tasks.get(id) as Task;
      if (!isFinal(state) && state !== 'paused') pause(store, id, reason, null, now);
      const { epoch } = store.tasks.get(id) as Task;
      const patch = { rollback: checkpoint, reason, wakeAt: null, question: null, updatedAt: now };
      store.tasks.update(id, epoch, patch);
      store.journal.append(now, id, 'task:rollback', { checkpoint, by, done: false });
      return store.tasks.get(id) as Task;
    });
}

function choose(store: Store, id: number, number: number | null): number {
  const all = store.checkpoints.ofTask(id);
  // How a run ended is how its task stands: going back there would undo nothing.
  const isLive = store.runs.liveOf(id) !== null;
  const present = isLive || store.runs.ofTask(id).at(-1)?.outcome === 'succeeded' ? null : all.at(-1)?.sha;
  const found =
    number === null ? all.findLast(each => each.sha !== present) : all.find(each => each.number === number);
  if (found) return found.number;
  const what =
    number === null
      ? `${taskName(id)} has no checkpoint to go back to`
      : `${taskName(id)} has no checkpoint ${number}`;
  throw new OrchError('E_CHECKPOINT', what);
}

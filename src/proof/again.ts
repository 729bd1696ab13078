import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { proofOf } from './due.ts';

/** Has the tests of a task's work run once more; where they run now, that is it. Errors: E_TASK_STATE. */
export function proveAgain(store: Store, { id }: Task, by: string, now: number): Task {
  return store.transaction(() => {
    const task = store.tasks.get(id) as Task;
    const proof = proofOf(store, task);
    if (proof === null || task.pullState !== 'open')
      throw new OrchError('E_TASK_STATE', `${taskName(id)} has no open pull request whose tests Orch runs`, {
        remedy:
          'Tests are run when a task is completed, unless the repository says `checks: { proof: false }`.',
      });
    if (proof !== 'due') {
      store.proofs.forget(id);
      store.journal.append(now, id, 'proof:asked', { by });
    }
    return task;
  });
}

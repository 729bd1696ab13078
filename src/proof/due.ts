import type { RepositorySettings } from '../config/repository.ts';
import type { Store } from '../store/open.ts';
import type { Proof } from '../store/proofs.ts';
import type { Task } from '../task/glossary.ts';

/** What is known of the work on its newest commit; `due` while its tests run, null where none are to be run. */
export function proofOf(store: Pick<Store, 'proofs' | 'pulls'>, task: Task): Proof | 'due' | null {
  // A task of an older release was promised no proof.
  const { checks } = JSON.parse(task.settings) as Partial<RepositorySettings>;
  if (checks && awaitsProof(store, task, checks)) return 'due';
  const proof = store.proofs.get(task.id);
  return proof !== null && proof.head === task.head && task.state === 'completed' ? proof : null;
}

/** Its work is still to be tested: it is completed, its pull request is open, and nothing is known of its head. */
function awaitsProof(
  store: Pick<Store, 'proofs' | 'pulls'>,
  task: Task,
  { proof }: Pick<RepositorySettings['checks'], 'proof'>,
): boolean {
  if (!proof || task.state !== 'completed' || task.pullState !== 'open' || task.rollback !== null)
    return false;
  if (task.head === null || task.baseSha === null) return false;
  // A desk has its own tests of a pull request that it alone keeps.
  if (store.pulls.get(task.id) !== null) return false;
  return store.proofs.get(task.id)?.head !== task.head;
}

import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';

/** The tasks whose work a task begins with: it needs them, and their pull requests onto the same base are still open. */
export function buildsOn(store: Store, task: Task): Task[] {
  // Who was asked on a pull request begins there.
  if (task.headSha !== null) return [];
  return store.dependencies
    .of(task.id)
    .map(id => store.tasks.get(id) as Task)
    .filter(
      ({ state, pullState, base }) => state === 'completed' && pullState === 'open' && base === task.base,
    );
}

/** What a pull request says of that, as a sentence; empty where it builds on nothing else. */
export function stackNote(on: readonly Task[]): string {
  if (on.length === 0) return '';
  const pulls = LIST.format(on.map(({ id, pull }) => `#${pull} (${taskName(id)})`));
  return `Builds on ${pulls}, which ${on.length === 1 ? 'is' : 'are'} not merged yet.`;
}

const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

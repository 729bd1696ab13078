import { join } from 'node:path';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';
import { TEMPORARY } from './folder.ts';

/**
 * Where the shared context of each of the App's repositories lies: in a folder by owner and name. Who gets a name that
 * another repository had before does not get what is known of that one.
 */
export function contextPlaces(base: string, marks: Store['marks']) {
  return ({ repository, repositoryId }: Pick<Task, 'repository' | 'repositoryId'>): string => {
    const mark = `context:${repository.toLowerCase()}`;
    const first = marks.get(mark);
    if (first === null) marks.set(mark, repositoryId);
    // GitHub allows nothing else in names; a path must not come of them in any case.
    const parts = repository.split('/').map(part => part.replace(/[^\w.-]/g, '-').replace(/^\.+/, '-'));
    const place = join(base, ...parts);
    return first === null || first === repositoryId ? place : `${place}~${repositoryId}`;
  };
}

/** What Orch writes there, and git need not show: the overview is people's. A folder's name ends with a slash. */
export const WRITTEN = [
  'current_state.md',
  'current_state.md.orch-new',
  'completed_tasks.json',
  'completed_tasks.json.orch-new',
  'agent_notes/',
  'agent_outputs/',
  TEMPORARY,
];

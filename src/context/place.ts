import { join } from 'node:path';
import { TEMPORARY } from './folder.ts';

/** Where the shared context of a repository `owner/name` lies, below the folder that holds those of all. */
export function contextPlace(base: string, repository: string): string {
  // GitHub allows nothing else in names; a path must not come of them in any case.
  const parts = repository.split('/').map(part => part.replace(/[^\w.-]/g, '-').replace(/^\.+/, '-'));
  return join(base, ...parts);
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

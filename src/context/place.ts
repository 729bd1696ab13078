import { join } from 'node:path';

/** Where the shared context of a repository `owner/name` lies, below the folder that holds those of all. */
export function contextPlace(base: string, repository: string): string {
  // GitHub allows nothing else in names; a path must not come of them in any case.
  const parts = repository.split('/').map(part => part.replace(/[^\w.-]/g, '-').replace(/^\.+/, '-'));
  return join(base, ...parts);
}

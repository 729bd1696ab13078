import { pathToFileURL } from 'node:url';
import type { Forge } from '../forge/forge.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { localPulls } from './pulls.ts';
import { type LocalRepository, personOf } from './repository.ts';

export interface LocalForgeOptions {
  store: Store;
  clock: Clock;
  repository: LocalRepository;
}

/**
 * A person's own repository as the forge: branches are pushed into it, commits are by that person, and pull requests lie in
 * the store. Whoever reaches the daemon's socket is that person.
 */
export function localForge({ store, clock, repository }: LocalForgeOptions): Forge {
  return {
    name: 'The repository',
    remote: () => ({
      url: pathToFileURL(repository.gitDirectory).href,
      name: 'repositories/1',
      host: 'local',
      token: async () => null,
    }),
    authors: async () => ({ author: await personOf(repository), coauthor: null }),
    files: () => repository.top,
    confirm: async () => {},
    issue: async () => null,
    pulls: localPulls({ store, clock }),
    notFetched(error) {
      throw error;
    },
    notPushed: cause => new OrchError('E_PUSH_REFUSED', cause.message, { cause }),
    refused(what, said, kept) {
      const isCheckedOut = /branch is currently checked out/.test(said);
      const step = isCheckedOut ? 'Switch to another branch, then retry the task. ' : '';
      return new OrchError('E_PUSH_REFUSED', `${what}: ${said}`, {
        remedy: `${step}The work is kept: ${kept}.`,
      });
    },
  };
}

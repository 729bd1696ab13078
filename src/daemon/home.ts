import { accessSync, constants, mkdirSync } from 'node:fs';
import { homePaths, type Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { type Backups, openBackups } from '../store/backups.ts';
import { type FileStore, openStoreFile } from '../store/file.ts';

/** A daemon's folder and what it keeps there. */
export interface Home extends Disposable {
  paths: Paths;
  store: FileStore;
  backups: Backups;
}

/** Opens the home folder for one daemon alone. Errors: E_HOME, E_SECOND_DAEMON, E_DATABASE… */
export function openHome(settings: Pick<Settings, 'orchestrator' | 'backups'>, clock: Clock): Home {
  const paths = homePaths(settings.orchestrator.home);
  makeHome(paths.home);
  const backups = openBackups({
    directory: settings.backups.directory ?? paths.backups,
    keep: settings.backups.keep,
    now: clock.now,
  });
  const store = openStoreFile(paths.database, backups);
  return { paths, store, backups, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK);
  } catch (cause) {
    throw new OrchError('E_HOME', `${home} can't be made or written: ${(cause as Error).message}`, { cause });
  }
}

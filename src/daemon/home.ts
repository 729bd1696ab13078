import { accessSync, constants, mkdirSync } from 'node:fs';
import { homePaths, type Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { type Backup, openBackups } from '../store/backups.ts';
import { openStoreFile } from '../store/file.ts';
import type { Store } from '../store/open.ts';
import { startBackups } from './backups.ts';

/** A daemon's folder and what it keeps there. */
export interface Home {
  paths: Paths;
  store: Store;
  /** Why the last backup failed; null when it did not. */
  backupFailure(): unknown;
}

/** One that stays: its database is backed up when it is time. */
export interface LastingHome extends Home, AsyncDisposable {
  /** Makes a backup of the database now. */
  backUp(): Promise<Backup>;
}

/** Opens the home folder for one daemon alone. Errors: E_HOME, E_SECOND_DAEMON, E_DATABASE… */
export function openHome(
  settings: Pick<Settings, 'orchestrator' | 'backups'>,
  { clock, log }: { clock: Clock; log: Log },
): LastingHome {
  const paths = homePaths(settings.orchestrator.home);
  makeHome(paths.home);
  const backups = openBackups({
    directory: settings.backups.directory ?? paths.backups,
    keep: settings.backups.keep,
    now: clock.now,
  });
  const store = openStoreFile(paths.database, backups);
  const schedule = startBackups({ store, backups, everyHours: settings.backups.everyHours, clock, log });
  return {
    paths,
    store,
    backUp: schedule.make,
    backupFailure: schedule.failure,
    async [Symbol.asyncDispose]() {
      await schedule.stop();
      store.close();
    },
  };
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK);
  } catch (cause) {
    throw new OrchError('E_HOME', `${home} can't be made or written: ${(cause as Error).message}`, { cause });
  }
}

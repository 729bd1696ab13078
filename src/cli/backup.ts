import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { homePaths, type Paths } from '../config/paths.ts';
import { type BackupView, showBackup } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import { type Backups, openBackups } from '../store/backups.ts';
import { copyDatabase, explain, takeAlone } from '../store/file.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { bytes, say, sayJson } from './output.ts';
import { settingsHere } from './settings.ts';

const LONGEST_MS = 3600_000;

/** `orch backup`: made by the daemon, or without one by this process. */
export async function backup(options: Common): Promise<void> {
  const { paths, backups } = findBackups(options);
  const made = await askDaemon<BackupView>(paths.home, 'POST', '/api/backups', {
    patienceMs: LONGEST_MS,
  }).catch(error => {
    if (!(error instanceof OrchError) || error.code !== 'E_NO_DAEMON') throw error;
    return backUpAlone(paths.database, backups);
  });
  if (options.json) sayJson(made);
  else say(`${made.file}  ${bytes(made.bytes)}`);
}

async function backUpAlone(database: string, backups: Backups): Promise<BackupView> {
  if (!existsSync(database)) throw new OrchError('E_BACKUP', `There is no database at ${database}`);
  const connection = new Database(database, { timeout: 500 });
  try {
    takeAlone(connection);
    return showBackup(await backups.make(file => copyDatabase(connection, file)));
  } catch (error) {
    throw explain(error, database, backups);
  } finally {
    connection.close();
  }
}

/** Where this user's database and its backups lie. */
export function findBackups(options: { config?: string }): { paths: Paths; backups: Backups } {
  const { config } = options;
  const { settings } = settingsHere(process.env, config);
  const paths = homePaths(settings.orchestrator.home);
  const directory = settings.backups.directory ?? paths.backups;
  return { paths, backups: openBackups({ directory, keep: settings.backups.keep, now: Date.now }) };
}

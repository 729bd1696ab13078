import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OrchError } from '../shared/errors.ts';
import type { Connection } from './connection.ts';
import { findDamage, refuseDamage, verifyCopy } from './integrity.ts';
import { MIGRATIONS } from './migrations.ts';
import { schemaVersion } from './open.ts';
import { sync } from './sync.ts';

export interface RestoreOptions {
  database: string;
  backup: string;
  /** ms since 1970. */
  now: number;
  /** The newest task that has left traces on disk: its number is not given again. */
  newestTask: number;
}

export interface Restored {
  /** Where the former database lies now; null when there was none. */
  replaced: string | null;
  /** The newest task that the backup knows. */
  newestTask: number;
}

/**
 * Puts a backup in the place of the database, which stays beside it under another name. Until the last step nothing has
 * changed. Errors: E_SECOND_DAEMON, E_BACKUP, E_DATABASE_DAMAGED, E_DATABASE_NEWER.
 */
export async function restore({ database, backup, now, newestTask }: RestoreOptions): Promise<Restored> {
  const copy = `${database}.restoring`;
  try {
    await copyBackup(backup, copy);
    await verifyCopy(copy).catch(cause => {
      if (cause instanceof OrchError) throw cause;
      throw unusable(backup, `is no backup: ${(cause as Error).message}`, cause);
    });
    using present = takePresent(database);
    const known = raiseTaskNumbers(copy, backup, Math.max(newestTask, present.newestTask));
    sync(copy);
    const replaced = present.setAside(new Date(now).toISOString().replaceAll(':', '-'));
    renameSync(copy, database);
    sync(dirname(database));
    verifyPlace(database);
    return { replaced, newestTask: known };
  } finally {
    rmSync(copy, { force: true });
  }
}

async function copyBackup(backup: string, copy: string): Promise<void> {
  try {
    await copyFile(backup, copy);
    await chmod(copy, 0o600);
  } catch (cause) {
    throw unusable(backup, `can't be copied: ${(cause as Error).message}`, cause);
  }
}

function unusable(backup: string, why: string, cause: unknown): OrchError {
  return new OrchError('E_BACKUP', `${backup} ${why}`, {
    cause,
    remedy: 'List the backups with: orch restore',
  });
}

/** Holds the present database, so that no daemon starts on it meanwhile. One that is damaged can't be held. */
function takePresent(database: string) {
  if (!existsSync(database))
    return { newestTask: 0, setAside: () => null, [Symbol.dispose]: () => {} } as const;
  const connection = new Database(database, { timeout: 500 });
  let newestTask = 0;
  try {
    // Without the mode `delete` closing it would remove, by its name, the log of the database that has come to its place.
    connection.exec('pragma locking_mode = exclusive; pragma journal_mode = delete; begin exclusive');
    newestTask = newestTaskOf(connection);
  } catch (cause) {
    if (/^SQLITE_(BUSY|LOCKED)/.test((cause as { code?: string }).code ?? '')) {
      connection.close();
      throw new OrchError('E_SECOND_DAEMON', `${database} is in use`, {
        cause,
        remedy: 'Stop orch serve, then restore.',
      });
    }
  }
  return {
    newestTask,
    setAside(time: string): string {
      const aside = `${database}.replaced-${time}`;
      linkSync(database, aside);
      // What a damaged database had in its log belongs to it, and would spoil the one that takes its place.
      if (existsSync(`${database}-wal`)) renameSync(`${database}-wal`, `${aside}-wal`);
      rmSync(`${database}-shm`, { force: true });
      return aside;
    },
    [Symbol.dispose]: () => void connection.close(),
  };
}

/** What was made on disk and on GitHub since the backup bears numbers that the backup does not know. */
function raiseTaskNumbers(copy: string, backup: string, newest: number): number {
  const connection = new Database(copy);
  try {
    const version = schemaVersion(connection as unknown as Connection);
    if (version === 0) throw new OrchError('E_DATABASE_DAMAGED', `${backup} is no database of Orch`);
    if (version > MIGRATIONS.length)
      throw new OrchError(
        'E_DATABASE_NEWER',
        `${backup} has version ${version}, and this Orch knows ${MIGRATIONS.length}`,
      );
    const known = newestTaskOf(connection);
    if (newest > known) {
      connection.prepare("delete from sqlite_sequence where name = 'tasks'").run();
      connection.prepare("insert into sqlite_sequence (name, seq) values ('tasks', ?)").run(newest);
    }
    return known;
  } finally {
    connection.close();
  }
}

function newestTaskOf(connection: Database.Database): number {
  const row = connection.prepare("select seq from sqlite_sequence where name = 'tasks'").get();
  return (row as { seq: number } | undefined)?.seq ?? 0;
}

function verifyPlace(database: string): void {
  const connection = new Database(database, { readonly: true });
  try {
    refuseDamage(database, findDamage(connection as unknown as Connection, 'quick_check'));
  } finally {
    connection.close();
  }
}

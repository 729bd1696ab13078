import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OrchError } from '../shared/errors.ts';
import type { Backups } from './backups.ts';
import type { Connection } from './connection.ts';
import { findDamage, refuseDamage } from './integrity.ts';
import { MIGRATIONS } from './migrations.ts';
import { openStore, type Store, schemaVersion } from './open.ts';

export interface FileStore extends Store {
  /** Copies the database while it is in use; what is written meanwhile gets into the copy too. */
  copyTo(file: string, signal?: AbortSignal): Promise<void>;
  /** False when the file is too large for a check at each start: the next backup makes up for it. */
  isChecked: boolean;
}

/** Read from a cold disk, 1 GB took a quarter of a minute. */
const CHECK_AT_START_BYTES = 128 * 1024 * 1024;
/** 400 kB: some ms at most, between which everything else has its turn. */
const PAGES_AT_ONCE = 100;

/**
 * Opens Orch's database file for this process alone (`locking_mode=EXCLUSIVE`; the kernel gives the lock back when
 * the process dies). A damaged file is left as it is; before a migration it is backed up.
 * Errors: E_SECOND_DAEMON, E_DATABASE_NEWER, E_DATABASE_DAMAGED, E_DATABASE, E_BACKUP.
 */
export function openStoreFile(file: string, backups: Backups | null = null): FileStore {
  let connection: Database.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const bytes = sizeOf(file);
    if (bytes === 0 && backups?.newest()) {
      throw new OrchError('E_DATABASE_DAMAGED', `${file} is missing or empty, although there are backups`);
    }
    // Deliveries from private repositories lie in it. SQLite gives its other files the mode of the first.
    closeSync(openSync(file, 'a', 0o600));
    connection = new Database(file, { timeout: 500 });
    const own = takeAlone(connection);
    const isChecked = bytes <= CHECK_AT_START_BYTES;
    if (isChecked) refuseDamage(file, findDamage(own, 'quick_check'));
    const version = schemaVersion(own);
    if (version > 0 && version < MIGRATIONS.length) backups?.makeAtOnce(own);
    const copied = connection;
    const copyTo: FileStore['copyTo'] = (target, signal) => copyDatabase(copied, target, signal);
    return { ...openStore(own), copyTo, isChecked };
  } catch (error) {
    connection?.close();
    throw explain(error, file, backups);
  }
}

/** The first write takes the lock: a second process fails here. */
export function takeAlone(connection: Database.Database): Connection {
  connection.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
  connection.exec('begin immediate; commit');
  return connection as unknown as Connection;
}

/**
 * The lock forbids a second connection, in other threads too, so this one copies, a few pages at a time. What is copied
 * is brought to disk by the way: else the last step would wait for all of it.
 */
export async function copyDatabase(
  connection: Database.Database,
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  await using handle = await open(target, 'r+');
  let isSyncing = false;
  const progress = () => {
    signal?.throwIfAborted();
    // Whether all is on disk is asked when the copy is whole.
    if (!isSyncing) {
      isSyncing = true;
      const done = () => {
        isSyncing = false;
      };
      handle.datasync().then(done, done);
    }
    return PAGES_AT_ONCE;
  };
  await connection.backup(target, { progress });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What SQLite says, as a next step. */
export function explain(error: unknown, file: string, backups: Backups | null): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'E_DATABASE_DAMAGED' || code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    const { message } = error as Error;
    const newest = backups?.newest();
    return new OrchError(
      'E_DATABASE_DAMAGED',
      error instanceof OrchError ? message : `${file} is damaged: ${message}`,
      { cause: error, ...(newest ? { remedy: `Restore the newest backup: orch restore ${newest}` } : {}) },
    );
  }
  if (error instanceof OrchError) return error;
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new OrchError('E_SECOND_DAEMON', `${file} is in use`, { cause: error });
  }
  return new OrchError('E_DATABASE', `${file} can't be opened: ${(error as Error).message}`, {
    cause: error,
  });
}

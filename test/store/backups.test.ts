import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { type Backups, openBackups } from '../../src/store/backups.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { NOW, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// A later release, so that there is a migration to make.
vi.mock(import('../../src/store/migrations.ts'), async original => ({
  MIGRATIONS: [...(await original()).MIGRATIONS, 'create table later (id integer) strict'],
}));

/** A home folder with a database and a folder of backups, a minute apart from each other. */
async function home(keep = 3) {
  const folder = await temporaryDirectory();
  let now = NOW;
  const directory = join(folder.path, 'backups');
  const backups = openBackups({ directory, keep, now: () => (now += 60_000) });
  return {
    database: join(folder.path, 'orch.db'),
    directory,
    backups,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function tasksIn(backups: Backups): number {
  using store = openStoreFile(backups.newest() as string);
  return store.tasks.countOpen();
}

describe('a backup', () => {
  it('holds what was written before and while it was made, in one file for its owner alone', async () => {
    await using here = await home();
    using store = openStoreFile(here.database, here.backups);
    // Enough pages for several turns.
    for (let i = 0; i < 50; i++) queued(store, { issueBody: 'x'.repeat(50_000) });
    const making = here.backups.make(file => store.copyTo(file));
    await new Promise(setImmediate);
    queued(store);
    const backup = await making;
    expect(readdirSync(here.directory)).toEqual(['orch-2027-01-15T08-01-00.000Z.db']);
    expect(statSync(backup.file).mode & 0o777).toBe(0o600);
    expect(here.backups.list()).toEqual([backup]);
    expect(backup).toMatchObject({ at: NOW + 60_000, bytes: statSync(backup.file).size });
    expect(tasksIn(here.backups)).toBe(51);
  });

  it('takes the place of the oldest, and of nothing else that lies there', async () => {
    await using here = await home(2);
    using store = openStoreFile(here.database);
    await here.backups.make(file => store.copyTo(file));
    writeFileSync(join(here.directory, 'notes.db'), 'mine');
    for (let i = 0; i < 2; i++) await here.backups.make(file => store.copyTo(file));
    expect(readdirSync(here.directory).sort()).toEqual([
      'notes.db',
      'orch-2027-01-15T08-02-00.000Z.db',
      'orch-2027-01-15T08-03-00.000Z.db',
    ]);
  });

  it('that fails, is stopped, or was left behind half made leaves nothing, and the others stay', async () => {
    await using here = await home(1);
    using store = openStoreFile(here.database);
    await here.backups.make(file => store.copyTo(file));
    const [first] = readdirSync(here.directory);
    writeFileSync(join(here.directory, 'orch-2027-01-15T07-00-00.000Z.db.partial-journal'), 'half');
    const failed = here.backups.make(() => Promise.reject(new Error('the disk is full')));
    await expect(failed).rejects.toMatchObject({ code: 'E_BACKUP', message: /the disk is full/ });
    const stopped = here.backups.make(file => store.copyTo(file, AbortSignal.abort(new Error('stopped'))));
    await expect(stopped).rejects.toMatchObject({ code: 'E_BACKUP', message: /stopped/ });
    expect(readdirSync(here.directory)).toEqual([first]);
  });

  it('of a damaged database is none', async () => {
    await using here = await home();
    const damaged = here.backups.make(async file => writeFileSync(file, 'This is no database.'.repeat(1000)));
    await expect(damaged).rejects.toMatchObject({ code: 'E_BACKUP', message: /not a database/ });
    expect(here.backups.list()).toEqual([]);
  });

  it('is made before a migration', async () => {
    await using here = await home();
    const older = new Database(here.database);
    for (const sql of MIGRATIONS.slice(0, -1)) older.exec(sql);
    older.pragma(`user_version = ${MIGRATIONS.length - 1}`);
    older.close();
    openStoreFile(here.database, here.backups).close();
    openStoreFile(here.database, here.backups).close();
    expect(here.backups.list()).toHaveLength(1);
    const backup = new Database(here.backups.newest() as string, { readonly: true });
    expect(backup.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length - 1);
    backup.close();
  });
});

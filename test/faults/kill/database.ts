import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Checks the database as a kill has left it, in a copy: recovering the file itself is the next daemon's. */
export async function checkDatabase(file: string): Promise<void> {
  await using copy = await temporaryDirectory();
  const target = join(copy.path, 'orch.db');
  for (const suffix of ['', '-wal']) {
    if (existsSync(file + suffix)) copyFileSync(file + suffix, target + suffix);
  }
  const database = new Database(target);
  try {
    const verdict = database.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`the database is broken: ${verdict}`);
  } finally {
    database.close();
  }
}

import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { OrchError } from '../shared/errors.ts';
import { ownProgram } from '../shared/own-programs.ts';
import type { Connection } from './connection.ts';

/** What SQLite finds wrong; nothing when all is well. `quick_check` leaves out whether indexes match their tables. */
export function findDamage(
  connection: Pick<Connection, 'prepare'>,
  check: 'quick_check' | 'integrity_check',
): string[] {
  const rows = connection.prepare(`pragma ${check}(10)`).all() as Record<string, string>[];
  return rows.map(row => String(row[check])).filter(problem => problem !== 'ok');
}

/** Checks a copy that nobody else uses from end to end, and makes it one file, without a write-ahead log beside it. */
export function findDamageInCopy(file: string): string[] {
  const connection = new Database(file);
  try {
    connection.pragma('journal_mode = delete');
    return findDamage(connection as unknown as Connection, 'integrity_check');
  } finally {
    connection.close();
  }
}

/** Like findDamageInCopy, in a thread of its own: it reads the whole file. Throws E_DATABASE_DAMAGED. */
export async function verifyCopy(file: string): Promise<void> {
  const [entry, ...argv] = ownProgram('integrity');
  const worker = new Worker(entry, { argv, workerData: file });
  try {
    const problems = await new Promise<string[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', code => reject(new Error(`the check ended with exit code ${code}`)));
    });
    refuseDamage(file, problems);
  } finally {
    await worker.terminate();
  }
}

/** Throws E_DATABASE_DAMAGED unless there is nothing wrong. */
export function refuseDamage(file: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new OrchError('E_DATABASE_DAMAGED', `${file} is damaged: ${problems.slice(0, 3).join('; ')}`);
}

import Database from 'better-sqlite3';
import type { Connection, Statement } from '../../../src/store/connection.ts';
import { openStore } from '../../../src/store/open.ts';

let shared: { connection: Connection; empty(): void } | undefined;

/**
 * A migrated database in memory, empty. All histories share one, with its statements: making them anew costs more than
 * most histories do. What a process leaves in it when it is killed is there for the next one.
 */
export function emptyDatabase(): Connection {
  shared ??= openDatabase();
  shared.empty();
  return shared.connection;
}

function openDatabase() {
  const database = new Database(':memory:');
  const statements = new Map<string, Statement>();
  const connection: Connection = {
    close: () => {},
    exec: sql => database.exec(sql),
    prepare(sql) {
      const statement = statements.get(sql) ?? (database.prepare(sql) as unknown as Statement);
      statements.set(sql, statement);
      return statement;
    },
  };
  openStore(connection);
  // Those that refer to others come first.
  const tables = [
    'cursors',
    'journal',
    'runs',
    'tasks',
    'inbox',
    'creations',
    'repositories',
    'sqlite_sequence',
  ];
  const all = database.prepare("select name from sqlite_schema where type = 'table'").pluck().all();
  const rest = all.filter(name => !tables.includes(name as string)) as string[];
  const wipes = [...rest, ...tables].map(table => database.prepare(`delete from ${table}`));
  return {
    connection,
    empty() {
      if (database.inTransaction) database.exec('rollback');
      for (const wipe of wipes) wipe.run();
    },
  };
}

import Database from 'better-sqlite3';
import { pass, tellOf } from './crash.ts';

type Statement = Database.Statement<unknown[]>;

/** Makes every commit a point before and a point after, named after what it writes. */
export function watchCommits(): void {
  const { prepare, exec, close } = Database.prototype;
  /** What the open transaction has written so far; null while there is none. */
  let written: Set<string> | null = null;

  function commit<T>(names: ReadonlySet<string>, work: () => T): T {
    const name = nameOf(names);
    if (name === null) return work();
    pass(`commit ${name}:before`);
    const result = work();
    pass(`commit ${name}:after`);
    tellOf({ kind: 'news' });
    return result;
  }

  function run(statement: Statement, sql: string, values: unknown[]): Database.RunResult {
    const run = () => original(...values);
    const original = Object.getPrototypeOf(statement).run.bind(statement) as Statement['run'];
    if (sql === 'begin immediate') written = new Set();
    if (sql === 'rollback') written = null;
    if (sql === 'commit') {
      const names = written ?? new Set();
      written = null;
      return commit(names, run);
    }
    const what = effectOf(sql, values);
    if (what === null) return run();
    if (written === null) return commit(new Set([what]), run);
    written.add(what);
    return run();
  }

  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql) as Statement;
    Object.defineProperty(statement, 'run', { value: (...values: unknown[]) => run(statement, sql, values) });
    return statement;
  } as typeof prepare;

  Database.prototype.exec = function (this: Database.Database, sql: string) {
    return sql === 'commit'
      ? commit(new Set(['open database']), () => exec.call(this, sql))
      : exec.call(this, sql);
  };

  Database.prototype.close = function (this: Database.Database) {
    pass('close database:before');
    close.call(this);
    pass('close database:after');
    return this;
  };
}

/** The journal's events say best what a commit is about. */
function nameOf(names: ReadonlySet<string>): string | null {
  if (names.size === 0) return null;
  const events = [...names].filter(name => /^(task|run|branch|pull|workspace):/.test(name));
  return (events.length > 0 ? events : [...names]).toSorted().join('+');
}

function effectOf(sql: string, values: unknown[]): string | null {
  const [verb, table] = /^\s*(insert into|update|delete from) (\w+)/.exec(sql)?.slice(1) ?? [];
  switch (table) {
    case undefined:
      return null;
    case 'journal':
      return eventOf(values);
    case 'inbox':
      return verb === 'update' ? 'inbox handled' : verb === 'delete from' ? null : 'inbox received';
    case 'creations':
      return verb === 'insert into' ? `intent ${values[1]}` : `made ${values[3]}`;
    case 'cursors':
      return `cursor ${values[0]}`;
    default:
      return `${table} changed`;
  }
}

function eventOf([, , type, data]: unknown[]): string {
  return type === 'task:state' ? `task:${JSON.parse(String(data)).to}` : String(type);
}

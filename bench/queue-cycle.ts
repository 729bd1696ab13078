import { join } from 'node:path';
import Database from 'better-sqlite3';
import { changeState, endRun } from '../src/queue/change.ts';
import { claim } from '../src/queue/claim.ts';
import { enqueue } from '../src/queue/enqueue.ts';
import type { Connection, Statement } from '../src/store/connection.ts';
import { openStoreFile } from '../src/store/file.ts';
import { openStore, type Store } from '../src/store/open.ts';
import type { Task } from '../src/task/glossary.ts';
import { type Benchmark, type Context, interleave, type Measured, timed } from './harness.ts';
import { chooseNext, NOW, request } from './tasks.ts';

/** A task's way through the queue, against the same statements in the same transactions, executed bare. */
export const queueCycle: Benchmark = {
  key: 'queue_cycle_ratio',
  unit: 'ms',
  compare: 'ratio',
  wanted: 3,
  measure,
};

const CYCLES = 40;

async function measure(context: Context): Promise<Measured> {
  const script = record();
  let sample = 0;
  const fresh = () => join(context.directory, `${++sample}.db`);
  return await interleave(
    context,
    async () => {
      using store = openStoreFile(fresh());
      return (await timed(() => cycles(store))) / CYCLES;
    },
    async () => {
      using database = openBare(fresh());
      const replay = prepare(script, database.connection);
      return (await timed(replay)) / CYCLES;
    },
  );
}

function cycles(store: Store): void {
  const choose = chooseNext(store);
  for (let n = 1; n <= CYCLES; n += 1) {
    enqueue(store, request(n), NOW, 1000);
    const claimed = claim(store, choose, NOW);
    if (!claimed) throw new Error('the task was not claimed');
    changeState(store, claimed.task, 'running', NOW);
    const ending = { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null } as const;
    store.transaction(() => {
      endRun(store, claimed.run, ending, NOW);
      changeState(store, store.tasks.get(claimed.task.id) as Task, 'completed', NOW);
    });
  }
}

type Verb = 'run' | 'get' | 'all' | 'iterate';
type Step = { sql: string; verb: Verb; values: unknown[]; rows: number };

/** Every statement that the cycles execute, with its values. The ids come out the same on every empty database. */
function record(): Step[] {
  const steps: Step[] = [];
  const database = new Database(':memory:');
  const listening: Connection = {
    exec: sql => database.exec(sql),
    prepare: sql => listen(database.prepare(sql) as unknown as Statement, sql, steps),
    close: () => database.close(),
  };
  using store = openStore(listening);
  steps.length = 0;
  cycles(store);
  return steps;
}

function listen(statement: Statement, sql: string, steps: Step[]): Statement {
  const noted =
    <V extends Exclude<Verb, 'iterate'>>(verb: V) =>
    (...values: unknown[]) => {
      steps.push({ sql, verb, values, rows: 0 });
      return statement[verb](...values) as ReturnType<Statement[V]>;
    };
  return {
    run: noted('run'),
    get: noted('get'),
    all: noted('all'),
    *iterate(...values) {
      const step: Step = { sql, verb: 'iterate', values, rows: 0 };
      steps.push(step);
      for (const row of statement.iterate(...values)) {
        step.rows += 1;
        yield row;
      }
    },
  };
}

function openBare(file: string) {
  openStoreFile(file).close();
  const connection = new Database(file);
  connection.exec('pragma locking_mode = exclusive; pragma journal_mode = wal');
  connection.exec('pragma synchronous = full; pragma foreign_keys = on');
  return { connection, [Symbol.dispose]: () => connection.close() };
}

function prepare(script: readonly Step[], database: Database.Database): () => void {
  const statements = new Map<string, Database.Statement>();
  for (const { sql } of script) if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
  const steps = script.map(step => ({ ...step, statement: statements.get(step.sql) as Database.Statement }));
  return () => {
    for (const { statement, verb, values, rows } of steps) {
      if (verb === 'iterate') take(statement.iterate(...values), rows);
      else statement[verb](...values);
    }
  };
}

function take(rows: IterableIterator<unknown>, count: number): void {
  for (let taken = 0; taken < count; taken += 1) rows.next();
  rows.return?.();
}

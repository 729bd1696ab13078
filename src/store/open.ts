import { OrchError } from '../shared/errors.ts';
import { openBreakers } from './breakers.ts';
import { openCheckpoints } from './checkpoints.ts';
import type { Connection } from './connection.ts';
import { openCreations } from './creations.ts';
import { openDependencies } from './dependencies.ts';
import { openDispatches } from './dispatches.ts';
import { openFollowUps } from './follow-ups.ts';
import { openInbox } from './inbox.ts';
import { openInputs } from './inputs.ts';
import { openJournal } from './journal.ts';
import { openMarks } from './marks.ts';
import { MIGRATIONS } from './migrations.ts';
import { openOverlaps } from './overlaps.ts';
import { openPast } from './past.ts';
import { openPlans } from './plans.ts';
import { openProofs } from './proofs.ts';
import { openLocalPulls } from './pulls.ts';
import { openRepositories } from './repositories.ts';
import { openRuns } from './runs.ts';
import { openTasks } from './tasks.ts';
import { openUsage } from './usage.ts';

export type Store = ReturnType<typeof openStore>;

/** The tables over one connection, migrated to this release. The caller's connection is closed with the store. */
export function openStore(connection: Connection) {
  connection.exec('pragma foreign_keys = on');
  migrate(connection);
  const transaction = openTransactions(connection);
  const creations = openCreations(connection);
  return {
    /** All or nothing, on disk when it returns; inside another transaction it joins that one. */
    transaction,
    tasks: openTasks(connection),
    dependencies: openDependencies(connection),
    runs: openRuns(connection),
    past: openPast(connection),
    journal: openJournal(connection, transaction),
    inbox: openInbox(connection),
    inputs: openInputs(connection),
    checkpoints: openCheckpoints(connection),
    breakers: openBreakers(connection),
    usage: openUsage(connection),
    marks: openMarks(connection),
    creations,
    dispatches: openDispatches(creations),
    followUps: openFollowUps(connection),
    plans: openPlans(connection),
    proofs: openProofs(connection),
    overlaps: openOverlaps(connection),
    pulls: openLocalPulls(connection),
    repositories: openRepositories(connection),
    /** Writes something that changes nothing: throws when the database can't be written. */
    probe: (): void => transaction(() => void connection.exec(`pragma user_version = ${MIGRATIONS.length}`)),
    close: () => connection.close(),
    [Symbol.dispose]: () => connection.close(),
  };
}

export type Transaction = ReturnType<typeof openTransactions>;

function openTransactions(connection: Connection) {
  const begin = connection.prepare('begin immediate');
  const commit = connection.prepare('commit');
  const rollback = connection.prepare('rollback');
  let open = false;
  let afterwards: (() => void)[] = [];

  function transaction<T>(work: () => T): T {
    if (open) return work();
    begin.run();
    open = true;
    let result: T;
    try {
      result = work();
      commit.run();
    } catch (error) {
      afterwards = [];
      tryRollback(() => rollback.run());
      throw error;
    } finally {
      open = false;
    }
    const calls = afterwards;
    afterwards = [];
    callAll(calls);
    return result;
  }

  /** Called once the surrounding transaction is on disk; at once when there is none. */
  transaction.afterCommit = (call: () => void): void => {
    if (open) afterwards.push(call);
    else call();
  };
  return transaction;
}

/** How many migrations a database holds; 0 when it is new. */
export function schemaVersion(connection: Pick<Connection, 'prepare'>): number {
  return Number((connection.prepare('pragma user_version').get() as { user_version: number }).user_version);
}

function migrate(connection: Connection): void {
  connection.exec('begin immediate');
  try {
    const version = schemaVersion(connection);
    if (version > MIGRATIONS.length) {
      throw new OrchError(
        'E_DATABASE_NEWER',
        `The database has version ${version}, and this Orch knows ${MIGRATIONS.length}`,
      );
    }
    for (const sql of MIGRATIONS.slice(version)) connection.exec(sql);
    if (version < MIGRATIONS.length) connection.exec(`pragma user_version = ${MIGRATIONS.length}`);
    connection.exec('commit');
  } catch (error) {
    tryRollback(() => connection.exec('rollback'));
    throw error;
  }
}

/** On a full disk SQLite has rolled back by itself, and the first error is the one that tells something. */
function tryRollback(rollback: () => void): void {
  try {
    rollback();
  } catch {}
}

/** One that throws keeps the news from no other; what the first has thrown is thrown in the end. */
function callAll(calls: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

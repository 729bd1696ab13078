import type { Database } from 'better-sqlite3';
import type { Armed, FromChild, ToChild } from '../protocol.ts';

/** Where this daemon dies, once it has been told; told at its start by the environment, later by its parent. */
let armed: Armed | null = JSON.parse(process.env.ORCH_TEST_CRASH ?? 'null');
let passed: Record<string, number> = {};
let database: Database | null = null;

const kill = process.kill.bind(process);

/** A crash point: here the daemon is gone without another word, if that is what it was told. */
export function pass(point: string): void {
  passed[point] = (passed[point] ?? 0) + 1;
  if (armed?.point !== point) return;
  armed = { point, hit: armed.hit - 1 };
  if (armed.hit > 0) return;
  kill(process.pid, 'SIGKILL');
  // The signal may be a moment late, and nothing must happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

export function tell(message: FromChild): void {
  process.send?.(message, undefined, undefined, () => {});
}

/** The only process that may read the database while the daemon lives is the daemon. */
export function answerFrom(connection: Database | null): void {
  database = connection;
}

export function listenToParent(): void {
  process.on('message', (message: ToChild) => {
    if (message.kind === 'arm') {
      armed = message.armed;
      passed = {};
    } else if (message.kind === 'passed') tell({ kind: 'answer', id: message.id, value: passed });
    else tell({ kind: 'answer', id: message.id, value: query(message.sql, message.values) });
  });
  process.on('exit', () => tell({ kind: 'ending', passed }));
  // It must not keep a daemon alive that has been asked to stop.
  process.channel?.unref();
}

function query(sql: string, values: unknown[]): unknown[] | null {
  return database?.open ? database.prepare(sql).all(...values) : null;
}

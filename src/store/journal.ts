import type { EventType, JournalEvent, TaskEvents } from '../task/events.ts';
import type { Connection } from './connection.ts';
import type { Transaction } from './open.ts';

interface Row {
  seq: number;
  at: number;
  task: number;
  type: string;
  data: string;
}

/** The append-only story of every task, and how far each reader has read. */
export function openJournal(db: Connection, transaction: Transaction) {
  const append = db.prepare('insert into journal (at, task, type, data) values (?, ?, ?, ?)');
  const ofTask = db.prepare(
    'select seq, at, task, type, data from journal where task = ? and seq > ? order by seq',
  );
  const ofAll = db.prepare(
    'select seq, at, task, type, data from journal where seq > ? order by seq limit ?',
  );
  const last = db.prepare('select coalesce(max(seq), 0) as seq from journal');
  // By the tasks and the newest event of each: the journal itself is many times longer.
  const behind = db.prepare(
    `with newest as
       (select id as task, (select max(seq) from journal where task = tasks.id) as seq from tasks)
     select newest.task, newest.seq from newest
     left join cursors on cursors.reader = ? and cursors.task = newest.task
     where newest.seq > coalesce(cursors.seq, 0)`,
  );
  const moveCursor = db.prepare(
    `insert into cursors (reader, task, seq) values (?, ?, ?)
     on conflict (reader, task) do update set seq = excluded.seq where excluded.seq > cursors.seq`,
  );
  const cursor = db.prepare('select seq from cursors where reader = ? and task = ?');
  const listeners = new Set<(task: number) => void>();

  return {
    /** Call it inside the transaction that makes the change. */
    append<T extends EventType>(at: number, task: number, type: T, data: TaskEvents[T]): void {
      append.run(at, task, type, JSON.stringify(data));
      for (const listener of listeners) transaction.afterCommit(() => listener(task));
    },
    ofTask: (task: number, after = 0): JournalEvent[] => (ofTask.all(task, after) as Row[]).map(read),
    /** The next events of all tasks, so many at most. */
    after: (seq: number, limit: number): JournalEvent[] => (ofAll.all(seq, limit) as Row[]).map(read),
    /** The number of the newest event; 0 when there is none. */
    last: (): number => (last.get() as { seq: number }).seq,
    /** The tasks with news for this reader, each with the newest event's number. */
    behind: (reader: string) => behind.all(reader) as { task: number; seq: number }[],
    cursor: (reader: string, task: number): number =>
      (cursor.get(reader, task) as { seq: number } | undefined)?.seq ?? 0,
    moveCursor: (reader: string, task: number, seq: number): void => void moveCursor.run(reader, task, seq),
    /** A hint that there is something to read, given after the commit; the journal itself is the news. */
    onAppend(listener: (task: number) => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

function read(row: Row): JournalEvent {
  return { ...row, data: JSON.parse(row.data) } as JournalEvent;
}

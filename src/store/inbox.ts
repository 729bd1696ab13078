import type { Connection } from './connection.ts';

export interface Delivery {
  id: number;
  delivery: string;
  event: string;
  payload: string;
  receivedAt: number;
  tries: number;
}

/** Deliveries as they came, kept until they are handled and a while longer. */
export function openInbox(db: Connection) {
  const add = db.prepare(
    `insert into inbox (delivery, event, payload, received_at, ready_at) values (?, ?, ?, ?, ?)
     on conflict (delivery) do nothing`,
  );
  const next = db.prepare(
    `select id, delivery, event, payload, received_at as receivedAt, tries from inbox
     where handled_at is null and ready_at <= ? and id > ? order by id limit 1`,
  );
  const nextReady = db.prepare('select min(ready_at) as at from inbox where handled_at is null');
  const handled = db.prepare("update inbox set handled_at = ?, error = ?, payload = '' where id = ?");
  const later = db.prepare('update inbox set tries = tries + 1, ready_at = ?, error = ? where id = ?');
  const forget = db.prepare('delete from inbox where handled_at <= ?');
  const waiting = db.prepare('select count(*) as count from inbox where handled_at is null');

  return {
    /** False when this delivery is known already: GitHub redelivers under the same id. */
    add: (delivery: string, event: string, payload: string, now: number): boolean =>
      add.run(delivery, event, payload, now, now).changes === 1,
    /** The first delivery to handle, of those after the one with this id. */
    next: (now: number, after = 0): Delivery | null => (next.get(now, after) as Delivery | undefined) ?? null,
    nextReady: (): number | null => (nextReady.get() as { at: number | null }).at,
    /** The payload goes; the id stays, so that a redelivery is recognised. */
    handled: (id: number, now: number, error: string | null = null): void => void handled.run(now, error, id),
    later: (id: number, readyAt: number, error: string): void => void later.run(readyAt, error, id),
    forget: (handledBefore: number): void => void forget.run(handledBefore),
    waiting: (): number => (waiting.get() as { count: number }).count,
  };
}

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
    `insert into inbox (delivery, event, payload, received_at) values (?, ?, ?, ?)
     on conflict (delivery) do nothing`,
  );
  const fields = 'id, delivery, event, payload, received_at as receivedAt, tries';
  const next = db.prepare(
    `select ${fields} from inbox where handled_at is null and id > ? order by id limit 1`,
  );
  const get = db.prepare(`select ${fields} from inbox where id = ?`);
  const known = db.prepare('select 1 from inbox where delivery = ?');
  const handled = db.prepare("update inbox set handled_at = ?, error = null, payload = '' where id = ?");
  const failed = db.prepare('update inbox set tries = tries + 1, error = ? where id = ?');
  const givenUp = db.prepare('update inbox set tries = tries + 1, handled_at = ?, error = ? where id = ?');
  const forget = db.prepare('delete from inbox where handled_at <= ?');
  const waiting = db.prepare('select count(*) as count from inbox where handled_at is null');

  return {
    /** False when this delivery is known already: GitHub redelivers under the same id. */
    add: (delivery: string, event: string, payload: string, now: number): boolean =>
      add.run(delivery, event, payload, now).changes === 1,
    /** The first delivery to handle, of those after the one with this id. */
    next: (after = 0): Delivery | null => (next.get(after) as Delivery | undefined) ?? null,
    /** Whether a delivery with this id of GitHub's is there, handled or not. */
    has: (delivery: string): boolean => known.get(delivery) !== undefined,
    get: (id: number): Delivery | null => (get.get(id) as Delivery | undefined) ?? null,
    /** The payload goes; the id stays, so that a redelivery is recognised. */
    handled: (id: number, now: number): void => void handled.run(now, id),
    /** It was tried once more in vain. */
    failed: (id: number, error: string): void => void failed.run(error, id),
    /** It won't be tried again; the payload stays for people to look at, until it is forgotten. */
    givenUp: (id: number, now: number, error: string): void => void givenUp.run(now, error, id),
    forget: (handledBefore: number): void => void forget.run(handledBefore),
    waiting: (): number => (waiting.get() as { count: number }).count,
  };
}

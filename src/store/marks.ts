import type { Connection } from './connection.ts';

/** Numbers to go on from after a restart, by name. */
export function openMarks(db: Connection) {
  const get = db.prepare('select value from marks where name = ?');
  const set = db.prepare(
    'insert into marks (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
  );
  return {
    get: (name: string): number | null => (get.get(name) as { value: number } | undefined)?.value ?? null,
    set: (name: string, value: number): void => void set.run(name, value),
  };
}

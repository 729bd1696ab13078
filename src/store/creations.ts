import type { Connection } from './connection.ts';

export type CreationKind =
  | 'comment'
  | 'check'
  | 'pull'
  | 'reply'
  | 'branch'
  | 'command'
  | 'decoration'
  | 'workflow';

export interface Creation {
  remoteId: number | null;
  /** What was written last, to tell whether an edit is due. */
  content: string | null;
  begunAt: number;
}

/** What Orch made, or was about to make, on GitHub for a task (0: for none). A row without remoteId calls for a look-up first. */
export function openCreations(db: Connection) {
  const get = db.prepare(
    'select remote_id as remoteId, content, begun_at as begunAt from creations where task = ? and kind = ? and key = ?',
  );
  const begin = db.prepare(
    'insert into creations (task, kind, key, begun_at) values (?, ?, ?, ?) on conflict (task, kind, key) do nothing',
  );
  const forget = db.prepare('delete from creations where task = ? and kind = ? and key = ?');
  const record = db.prepare(
    'update creations set remote_id = ?, content = ? where task = ? and kind = ? and key = ?',
  );
  const ofKind = db.prepare(
    'select key, remote_id as remoteId, content from creations where task = ? and kind = ? order by begun_at',
  );
  const recent = db.prepare(
    `select begun_at as at from creations
     where begun_at > ? and kind in ('comment', 'check', 'pull', 'reply') and key <> 'eyes'
       and (task = 0 or task in (select id from tasks where installation = ?)) order by begun_at`,
  );
  const byRemote = db.prepare('select task, key from creations where kind = ? and remote_id = ?');

  return {
    get: (task: number, kind: CreationKind, key: string): Creation | null =>
      (get.get(task, kind, key) as Creation | undefined) ?? null,
    /** True when this call was the first to announce the creation. */
    begin: (task: number, kind: CreationKind, key: string, now: number): boolean =>
      begin.run(task, kind, key, now).changes === 1,
    /** It was not made, and what stands there is somebody else's. */
    forget: (task: number, kind: CreationKind, key: string): void => void forget.run(task, kind, key),
    record: (task: number, kind: CreationKind, key: string, remoteId: number, content: string): void =>
      void record.run(remoteId, content, task, kind, key),
    ofKind: (task: number, kind: CreationKind) =>
      ofKind.all(task, kind) as { key: string; remoteId: number | null; content: string | null }[],
    /** When what may be on the installation's account was begun; answers (task 0) are on everybody's. */
    recent: (installation: number, since: number): number[] =>
      (recent.all(since, installation) as { at: number }[]).map(row => row.at),
    byRemote: (kind: CreationKind, remoteId: number) =>
      (byRemote.get(kind, remoteId) as { task: number; key: string } | undefined) ?? null,
  };
}

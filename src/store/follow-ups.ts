import type { Connection } from './connection.ts';

/** What may have an agent go on after its pull request is open. */
export type FollowUpKind = 'review' | 'comment' | 'ci' | 'base';

export interface FollowUp {
  /** The task that was queued for it. */
  task: number;
  /** The task that has opened the pull request. */
  origin: number;
  kind: FollowUpKind;
  /** What it is about, as JSON: each kind reads its own. */
  matter: string;
  /** When all that was to be said afterwards has been said (ms). */
  settledAt: number | null;
}

/** Why tasks go on in the pull request of another. */
export function openFollowUps(db: Connection) {
  const list = 'task, origin, kind, matter, settled_at as settledAt';
  const add = db.prepare('insert into follow_ups (task, origin, kind, matter) values (?, ?, ?, ?)');
  const get = db.prepare(`select ${list} from follow_ups where task = ?`);
  const ofOrigin = db.prepare(`select ${list} from follow_ups where origin = ? order by task`);
  const unsettled = db.prepare(`select ${list} from follow_ups where settled_at is null order by task`);
  const settle = db.prepare('update follow_ups set settled_at = ? where task = ?');
  return {
    add({ task, origin, kind, matter }: Omit<FollowUp, 'settledAt'>): void {
      add.run(task, origin, kind, matter);
    },
    get: (task: number): FollowUp | null => (get.get(task) as FollowUp | undefined) ?? null,
    /** Those in the pull request of a task, the oldest first. */
    ofOrigin: (origin: number): FollowUp[] => ofOrigin.all(origin) as FollowUp[],
    /** Those of which something may be to be said yet, whether their task is over or not. */
    unsettled: (): FollowUp[] => unsettled.all() as FollowUp[],
    settle: (task: number, now: number): void => void settle.run(now, task),
  };
}

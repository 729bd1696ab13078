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
}

/** Why tasks go on in the pull request of another. */
export function openFollowUps(db: Connection) {
  const list = 'task, origin, kind, matter';
  const add = db.prepare('insert into follow_ups (task, origin, kind, matter) values (?, ?, ?, ?)');
  const get = db.prepare(`select ${list} from follow_ups where task = ?`);
  const ofOrigin = db.prepare(`select ${list} from follow_ups where origin = ? order by task`);
  return {
    add({ task, origin, kind, matter }: FollowUp): void {
      add.run(task, origin, kind, matter);
    },
    get: (task: number): FollowUp | null => (get.get(task) as FollowUp | undefined) ?? null,
    /** Those in the pull request of a task, the oldest first. */
    ofOrigin: (origin: number): FollowUp[] => ofOrigin.all(origin) as FollowUp[],
  };
}

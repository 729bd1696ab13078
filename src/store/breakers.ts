import type { Connection } from './connection.ts';

/** Profiles whose vendor gives nothing for now, each until a time (ms) and with the reason for people. */
export function openBreakers(db: Connection) {
  const open = db.prepare(
    `insert into breakers (profile, until, reason) values (?, ?, ?)
     on conflict (profile) do update set until = max(until, excluded.until), reason = excluded.reason`,
  );
  const opened = db.prepare('select profile, until, reason from breakers where until > ? order by profile');
  const overrule = db.prepare(
    `delete from breakers where profile =
       (select profile from runs where task = ? and number = ? and outcome = 'rate_limited')`,
  );
  return {
    open: (profile: string, until: number, reason: string): void => void open.run(profile, until, reason),
    /** Those that are open now. */
    opened: (now: number) => opened.all(now) as { profile: string; until: number; reason: string }[],
    /** A person knows better: the agent of a run is tried again, if its limit is what ended that run. */
    overrule: (task: number, run: number): void => void overrule.run(task, run),
  };
}

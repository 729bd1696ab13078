import type { Connection } from './connection.ts';

/** Which tasks need which. An edge leads to an older task, which the table checks, so there is never a cycle. */
export function openDependencies(db: Connection) {
  const add = db.prepare('insert into dependencies (task, needs) values (?, ?) on conflict do nothing');
  const waive = db.prepare('update dependencies set waived = 1 where task = ? and needs = ?');
  const needed = db.prepare('select needs as id from dependencies where task = ? order by needs');
  const unmet = db.prepare(
    `select needs as id from dependencies join tasks on tasks.id = needs
     where task = ? and not waived and state <> 'completed' order by needs`,
  );
  const dependants = db.prepare('select task as id from dependencies where needs = ? order by task');
  const waiting = db.prepare(
    `select distinct task as id from dependencies join tasks on tasks.id = task
     where tasks.state = 'queued' order by task`,
  );
  const ids = (rows: unknown[]) => (rows as { id: number }[]).map(({ id }) => id);

  return {
    /** `task` starts when `needs` is completed. */
    add: (task: number, needs: number): void => void add.run(task, needs),
    /** `task` starts though `needs` came to nothing. */
    waive: (task: number, needs: number): void => void waive.run(task, needs),
    /** What a task needs, completed or not. */
    of: (task: number): number[] => ids(needed.all(task)),
    /** What it waits for. */
    unmet: (task: number): number[] => ids(unmet.all(task)),
    /** Who needs a task. */
    dependants: (task: number): number[] => ids(dependants.all(task)),
    /** Queued tasks that need others. */
    queued: (): number[] => ids(waiting.all()),
  };
}

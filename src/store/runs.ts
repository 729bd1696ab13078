import type { Run } from '../task/glossary.ts';
import { bind, columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';

const FIELDS = [
  'task',
  'number',
  'epoch',
  'profile',
  'slot',
  'choice',
  'workspace',
  'session',
  'keyboard',
  'startedAt',
  'spawnedAt',
  'pid',
  'pidStart',
  'doneAt',
  'stopAt',
  'stopReason',
  'endedAt',
  'outcome',
  'exitCode',
  'reason',
  'lastWords',
  'cleanedAt',
] as const satisfies readonly (keyof Run)[];
const { list, insert, set } = columns(FIELDS);

export function openRuns(db: Connection) {
  const given = [
    ...['task', 'number', 'epoch', 'profile', 'slot', 'choice'],
    ...['workspace', 'session', 'keyboard', 'startedAt'],
  ] as const;
  const insertRun = db.prepare(`insert into runs ${insert(given)}`);
  const one = db.prepare(`select ${list} from runs where task = ? and number = ?`);
  const ofTask = db.prepare(`select ${list} from runs where task = ? order by number`);
  const liveOf = db.prepare(
    `select ${list} from runs where task = ? and ended_at is null order by number limit 1`,
  );
  const live = db.prepare(`select ${list} from runs where ended_at is null order by task`);
  const liveRepositories = db.prepare(
    `select runs.task, tasks.repository_id as repositoryId, tasks.branch, runs.profile, runs.slot
     from runs join tasks on tasks.id = runs.task where runs.ended_at is null`,
  );
  // A workspace goes when no run needs it any more, of all that have gone on in it.
  const uncleaned = `select ${list} from runs where cleaned_at is null and ended_at is not null and not exists
    (select 1 from runs as sharing join tasks on tasks.id = sharing.task where sharing.workspace = runs.workspace
     and (sharing.ended_at is null or sharing.spawned_at is not null) and not
      (sharing.ended_at is not null and state in ('completed', 'failed', 'escalated', 'cancelled')
       and (coalesce(pull_state, 'none') in ('closed', 'merged') or updated_at <= ?)))`;
  const removable = db.prepare(`${uncleaned} order by task`);
  const removableOf = db.prepare(`${uncleaned} and task = ?`);
  const lastOnBranch = db.prepare(
    `select ${list} from runs where spawned_at is not null and task in
      (select id from tasks where repository_id = ? and branch = ?) order by started_at desc, task desc limit 1`,
  );
  const lastOf = db.prepare(
    `select ${list} from runs where profile = ? and slot = ? order by started_at desc, task desc limit 1`,
  );
  const limitedInARow = db.prepare(
    `select count(*) as count from runs where profile = ? and outcome = 'rate_limited' and ended_at >
      coalesce((select max(ended_at) from runs where profile = ? and outcome = 'succeeded'), 0)`,
  );
  const cleaned = db.prepare('update runs set cleaned_at = ? where task = ? and number = ?');
  const updates = new Map<string, Statement>();

  return {
    insert: (run: Pick<Run, (typeof given)[number]>): void => void insertRun.run(bind(run)),
    get: (task: number, number: number): Run | null => (one.get(task, number) as Run | undefined) ?? null,
    ofTask: (task: number): Run[] => ofTask.all(task) as Run[],
    liveOf: (task: number): Run | null => (liveOf.get(task) as Run | undefined) ?? null,
    /** Runs whose end has not been recorded: their agent may be alive. */
    live: (): Run[] => live.all() as Run[],
    /** Where the live runs are, for limits and free slots. */
    load: () =>
      liveRepositories.all() as {
        task: number;
        repositoryId: number;
        branch: string | null;
        profile: string;
        slot: number;
      }[],
    /** The newest run of all tasks on a branch that had an agent. */
    lastOnBranch: (repositoryId: number, branch: string): Run | null =>
      (lastOnBranch.get(repositoryId, branch) as Run | undefined) ?? null,
    /** The run that an agent has, or had last. */
    lastOf: (profile: string, slot: number): Run | null =>
      (lastOf.get(profile, slot) as Run | undefined) ?? null,
    /**
     * Ended runs on disk that nobody needs there: those that never got an agent, and those whose task is over and whose
     * pull request is, or which nobody touched since `before`; as long as that holds for all that share the workspace.
     */
    removable: (before: number): Run[] => removable.all(before) as Run[],
    removableOf: (task: number, before: number): Run[] => removableOf.all(before, task) as Run[],
    /** How many runs of a profile have come to a limit since one has succeeded. */
    limitedInARow: (profile: string): number =>
      (limitedInARow.get(profile, profile) as { count: number }).count,
    /** Its workspace is gone from disk. */
    cleaned: ({ task, number }: Run, now: number): void => void cleaned.run(now, task, number),
    /** Writes only while the run is live and the caller's: same epoch as when it was claimed. What has ended is history. */
    update(run: Pick<Run, 'task' | 'number' | 'epoch'>, patch: Partial<Run>): boolean {
      const fields = Object.keys(patch);
      const key = fields.join();
      let statement = updates.get(key);
      if (!statement) {
        statement = db.prepare(
          `update runs set ${set(fields)}
           where task = @whereTask and number = @whereNumber and epoch = @whereEpoch and ended_at is null`,
        );
        updates.set(key, statement);
      }
      const where = { whereTask: run.task, whereNumber: run.number, whereEpoch: run.epoch };
      return statement.run({ ...bind(patch), ...where }).changes === 1;
    },
  };
}

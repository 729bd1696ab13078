import type { Run, Task } from '../task/glossary.ts';
import type { Connection } from './connection.ts';

/** A run that is over and tells something of its agent, with what its task asked for and where. */
export interface PastRun extends Pick<Task, 'repositoryId'> {
  outcome: Exclude<Run['outcome'], null>;
  /** The agent was at work from one to the other (ms). */
  spawnedAt: number;
  endedAt: number;
  costUsd: number | null;
  /** The capabilities that its task asked for, as JSON: the same text for the same. */
  capabilities: string;
}

/** A run that is over, as far as it tells whether its agent works at all. */
export interface EndedRun extends Pick<Run, 'task' | 'outcome' | 'exitCode' | 'reason'> {
  endedAt: number;
}

const MOST = 100;
const NEWEST = 20;

/** How agents have done. Runs that were cancelled, paused or ended by a limit of their vendor's say nothing of that. */
export function openPast(db: Connection) {
  const of = db.prepare(
    `select runs.outcome, runs.spawned_at as spawnedAt, runs.ended_at as endedAt, tasks.repository_id as repositoryId,
       tasks.capabilities, usage.cost_usd as costUsd
     from runs join tasks on tasks.id = runs.task
     left join usage on usage.task = runs.task and usage.run = runs.number
     where runs.profile = ? and runs.ended_at is not null and runs.outcome in ('succeeded', 'failed', 'crashed', 'timed_out')
       and runs.spawned_at is not null
     order by runs.ended_at desc, runs.task desc limit ${MOST}`,
  );
  // What people or a vendor's limit ended says neither good nor bad.
  const ended = db.prepare(
    `select task, outcome, exit_code as exitCode, reason, ended_at as endedAt from runs
     where profile = ? and ended_at is not null and outcome not in ('cancelled', 'paused', 'rate_limited')
     order by ended_at desc, task desc limit ${NEWEST}`,
  );
  return {
    /** The newest runs of a profile that ended by themselves, those that never got an agent too, 20 at most. */
    ended: (profile: string): EndedRun[] => ended.all(profile) as EndedRun[],
    /** The newest runs of a profile, 100 at most. */
    of: (profile: string): PastRun[] => of.all(profile) as PastRun[],
  };
}

import type { Run, Task } from '../task/glossary.ts';
import type { Connection } from './connection.ts';

/** A run that is over and tells something of its agent, with what its task asked for and where. */
export interface PastRun extends Pick<Task, 'repositoryId'> {
  outcome: Exclude<Run['outcome'], null>;
  /** The agent was at work from one to the other (ms). */
  spawnedAt: number;
  endedAt: number;
  costUsd: number | null;
  /** How people decided on the pull request of its task; null while they have not, and where there is none. */
  pullState: Task['pullState'];
  /** The capabilities that its task asked for, as JSON: the same text for the same. */
  capabilities: string;
}

/** A run that is over, as far as it tells whether its agent works at all. */
export interface EndedRun extends Pick<Run, 'task' | 'outcome' | 'exitCode' | 'reason'> {
  endedAt: number;
}

/** A task that is completed, with what all its runs that did work came to. */
export interface DoneTask extends Pick<Task, 'repositoryId'> {
  /** The agent of its last run. */
  profile: string;
  costUsd: number | null;
  /** How long agents were at work (ms). */
  took: number;
}

const MOST = 100;
const NEWEST = 20;

/** How agents have done. Runs that were cancelled, paused or ended by a limit of their vendor's say nothing of that. */
export function openPast(db: Connection) {
  const of = db.prepare(
    `select runs.outcome, runs.spawned_at as spawnedAt, runs.ended_at as endedAt, tasks.repository_id as repositoryId,
       tasks.capabilities, tasks.pull_state as pullState, usage.cost_usd as costUsd
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
  // Runs that were paused, with a plan among them, cost too: the task would not have come to its end without.
  const done = db.prepare(
    `select tasks.repository_id as repositoryId, last.profile, sum(usage.cost_usd) as costUsd,
       sum(max(0, runs.ended_at - runs.spawned_at)) as took
     from tasks join runs as last on last.task = tasks.id and last.number = tasks.runs
     join runs on runs.task = tasks.id and runs.ended_at is not null and runs.spawned_at is not null
     left join usage on usage.task = runs.task and usage.run = runs.number
     where tasks.state = 'completed' group by tasks.id order by tasks.id desc limit ${MOST}`,
  );
  return {
    /** The newest tasks that are completed, 100 at most. */
    done: (): DoneTask[] => done.all() as DoneTask[],
    /** The newest runs of a profile that ended by themselves, those that never got an agent too, 20 at most. */
    ended: (profile: string): EndedRun[] => ended.all(profile) as EndedRun[],
    /** The newest runs of a profile, 100 at most. */
    of: (profile: string): PastRun[] => of.all(profile) as PastRun[],
  };
}

import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** Title and text of a pull request, and those of Orch's labels that it has. */
export interface PullWords {
  title: string;
  body: string;
  labels: string[];
}

/** The state of a workspace, kept in a hidden ref: the tree with all that is not committed, the branch and the session. */
export interface Checkpoint {
  task: number;
  number: number;
  run: number;
  /** The commit that holds the tree; its parent is the branch's tip at that time. */
  sha: string;
  session: string | null;
  why: string;
  /** Files that are not in it, each with the reason. */
  leftOut: string[];
  /** How the pull request stood; null when there was none of Orch's own, or nobody knows. */
  pull: PullWords | null;
  at: number;
}

const FIELDS = [
  'task',
  'number',
  'run',
  'sha',
  'session',
  'why',
  'leftOut',
  'pull',
  'at',
] as const satisfies readonly (keyof Checkpoint)[];
const { list, insert } = columns(FIELDS);

/** Kept states of workspaces, numbered in each task from 1. */
export function openCheckpoints(db: Connection) {
  const insertOne = db.prepare(`insert into checkpoints ${insert(FIELDS)}`);
  const next = db.prepare('select coalesce(max(number), 0) + 1 as number from checkpoints where task = ?');
  const last = db.prepare(`select ${list} from checkpoints where task = ? order by number desc limit 1`);
  const since = db.prepare('select count(*) as count from checkpoints where task = ? and at > ?');
  const ofTask = db.prepare(`select ${list} from checkpoints where task = ? order by number`);
  const prune = db.prepare(
    `delete from checkpoints where task = @task and number <= (
       select number from checkpoints where task = @task order by number desc limit 1 offset @keep)
     and number is not (select rollback from tasks where id = @task)`,
  );
  return {
    /** Gives the number that it got. */
    add(checkpoint: Omit<Checkpoint, 'number'>): number {
      const { number } = next.get(checkpoint.task) as { number: number };
      insertOne.run(
        bind({ ...checkpoint, pull: checkpoint.pull && JSON.stringify(checkpoint.pull), number }),
      );
      return number;
    },
    ofTask: (task: number): Checkpoint[] => ofTask.all(task).map(read),
    last(task: number): Checkpoint | null {
      const row = last.get(task);
      return row === undefined ? null : read(row);
    },
    /** Forgets all but the newest so many, one at least, and the one that the task is to go back to. Gives how many. */
    prune: (task: number, keep: number): number => Number(prune.run({ task, keep }).changes),
    /** How many of the task were made after this time (ms). */
    countSince: (task: number, at: number): number => (since.get(task, at) as { count: number }).count,
  };
}

function read(row: unknown): Checkpoint {
  const raw = row as Omit<Checkpoint, 'leftOut' | 'pull'> & { leftOut: string; pull: string | null };
  return { ...raw, leftOut: JSON.parse(raw.leftOut), pull: raw.pull === null ? null : JSON.parse(raw.pull) };
}

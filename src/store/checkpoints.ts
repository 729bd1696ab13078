import { bind, columns } from './columns.ts';
import type { Connection } from './connection.ts';

/** The state of a workspace, kept in a hidden ref: the tree with all that is not committed, the branch and the session. */
interface Checkpoint {
  task: number;
  number: number;
  run: number;
  /** The commit that holds the tree; its parent is the branch's tip at that time. */
  sha: string;
  session: string | null;
  why: string;
  at: number;
}

const FIELDS = [
  'task',
  'number',
  'run',
  'sha',
  'session',
  'why',
  'at',
] as const satisfies readonly (keyof Checkpoint)[];
const { list, insert } = columns(FIELDS);

/** Kept states of workspaces, numbered in each task from 1. */
export function openCheckpoints(db: Connection) {
  const insertOne = db.prepare(`insert into checkpoints ${insert(FIELDS)}`);
  const next = db.prepare('select coalesce(max(number), 0) + 1 as number from checkpoints where task = ?');
  const ofTask = db.prepare(`select ${list} from checkpoints where task = ? order by number`);
  return {
    /** Gives the number that it got. */
    add(checkpoint: Omit<Checkpoint, 'number'>): number {
      const { number } = next.get(checkpoint.task) as { number: number };
      insertOne.run(bind({ ...checkpoint, number }));
      return number;
    },
    ofTask: (task: number): Checkpoint[] => ofTask.all(task) as Checkpoint[],
  };
}

import type { Connection } from './connection.ts';

/** Where a task's work meets somebody else's. */
export interface Overlap {
  task: number;
  /** The other task; null: the branch that the pull request goes to. */
  other: number | null;
  /** Merging the two conflicts, as was rehearsed; else both work on these files now. */
  conflicts: boolean;
  files: readonly string[];
}

/** The files that tasks change, and where their work meets. */
export function openOverlaps(db: Connection) {
  const touch = db.prepare(
    'insert into touched (task, files) values (?, ?) on conflict (task) do update set files = excluded.files',
  );
  const touched = db.prepare('select files from touched where task = ?');
  const add = db.prepare('insert into overlaps (task, other, conflicts, files) values (?, ?, ?, ?)');
  const forget = db.prepare('delete from overlaps where task = ?');
  const inRepository = db.prepare(
    'select distinct task from overlaps join tasks on tasks.id = task where repository_id = ? order by task',
  );
  const ofTask = db.prepare(
    'select task, other, conflicts, files from overlaps where task = ? order by other',
  );

  function read(row: unknown): Overlap {
    const { conflicts, files, ...rest } = row as Pick<Overlap, 'task' | 'other'> & {
      conflicts: number;
      files: string;
    };
    return { ...rest, conflicts: conflicts === 1, files: JSON.parse(files) as string[] };
  }

  return {
    /** The files that its branch, or its agent's worktree, was seen to change last. */
    touched(task: number): string[] {
      const row = touched.get(task) as { files: string } | undefined;
      return row ? (JSON.parse(row.files) as string[]) : [];
    },
    touch: (task: number, files: readonly string[]): void => void touch.run(task, JSON.stringify(files)),
    ofTask: (task: number): Overlap[] => ofTask.all(task).map(read),
    /** The tasks of a repository that have any. */
    inRepository: (repositoryId: number): number[] =>
      inRepository.all(repositoryId).map(row => (row as { task: number }).task),
    /** These are all that the task has now. */
    put(task: number, overlaps: readonly Omit<Overlap, 'task'>[]): void {
      forget.run(task);
      for (const { other, conflicts, files } of overlaps)
        add.run(task, other, conflicts ? 1 : 0, JSON.stringify(files));
    },
  };
}

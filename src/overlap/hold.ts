import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { meant, namedFiles } from './named.ts';
import { someFiles } from './words.ts';

/** The task whose live run a queued one waits for, and the files that both are about. */
export interface Held {
  by: number;
  files: string[];
}

/**
 * Whether a queued task is about files that a live run works on: it names them, or it, or one at the same issue before it, has
 * changed them. Its own branch is no other's. Null when nothing holds it.
 */
export function heldBy(store: Store, task: Task): Held | null {
  // Somebody sits there and waits.
  if (task.keyboard !== null) return null;
  const others = store.runs
    .load()
    .filter(run => run.repositoryId === task.repositoryId && run.task !== task.id)
    .filter(run => task.branch === null || run.branch !== task.branch);
  if (others.length === 0) return null;
  const names = namedFiles([task.instruction, task.issueTitle, task.issueBody].join('\n'));
  const changed = new Set(changedBefore(store, task));
  for (const { task: by } of others) {
    const touched = store.overlaps.touched(by);
    const said = namedFiles((store.tasks.get(by) as Task).instruction);
    const files = [
      ...touched.filter(file => changed.has(file)),
      ...meant(names, [...touched, ...said]),
      ...meant(said, names),
    ];
    if (files.length > 0) return { by, files: [...new Set(files)].sort() };
  }
  return null;
}

/** `waits for T3, which works on src/total.js too`. */
export function heldText({ by, files }: Held): string {
  return `waits for ${taskName(by)}, which works on ${someFiles(files)} too`;
}

function changedBefore(store: Store, task: Task): string[] {
  const before = task.issue === 0 ? [] : store.tasks.byIssue(task.repositoryId, task.issue).slice(0, 20);
  const ids = new Set([task.id, task.continues ?? task.id, ...before.map(({ id }) => id)]);
  return [...ids].flatMap(id => store.overlaps.touched(id));
}

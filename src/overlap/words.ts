import { inCode } from '../shared/markdown.ts';
import type { Overlap } from '../store/overlaps.ts';
import { type Task, taskName } from '../task/glossary.ts';

const MOST_NAMED = 3;
const LONGEST_NAME = 200;
const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

/**
 * What will collide, a sentence for each: `Merging it conflicts with T3 (#7) in src/total.js.` They are Markdown, and the names of
 * files and branches, which are others' words, stand in code.
 */
export function overlapSentences(
  overlaps: readonly Overlap[],
  target: string | null,
  taskOf: (id: number) => Pick<Task, 'id' | 'pull'> | null,
): string[] {
  return overlaps.map(({ other, conflicts, files }) => {
    const base = target === null ? 'its base' : inCode(target, LONGEST_NAME);
    const whom = other === null ? base : nameOf(taskOf(other), other);
    return conflicts
      ? `Merging it conflicts with ${whom} in ${someFiles(files)}.`
      : `${whom} works on ${someFiles(files)} too.`;
  });
}

function nameOf(task: Pick<Task, 'id' | 'pull'> | null, id: number): string {
  return task === null || task.pull === null ? taskName(id) : `${taskName(id)} (#${task.pull})`;
}

/** `a.ts, b.ts, c.ts and 4 more`. */
export function someFiles(files: readonly string[]): string {
  const named = files.slice(0, MOST_NAMED).map(file => inCode(file, LONGEST_NAME));
  const more = files.length - named.length;
  return LIST.format(more > 0 ? [...named, `${more} more`] : named);
}

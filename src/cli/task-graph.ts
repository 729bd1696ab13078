import type { TaskView } from '../record/views.ts';
import { type Cell, columns } from './output.ts';
import { firstLine, stateCell } from './task-table.ts';

const WIDTH = 80;

/**
 * Tasks as a tree, the oldest first: each below the last one of those that it needs, all of which stand at the end of its
 * line. Those that stand beside each other do not wait for each other.
 */
export function taskGraph(tasks: readonly TaskView[], width = process.stdout.columns ?? WIDTH): string {
  const rows = branches(tasks.toReversed()).map(({ line, task }): Cell[] => [
    task.id,
    stateCell(task),
    `${line}${firstLine(task.instruction)}`,
    task.after.join(', '),
  ]);
  return columns(rows, ['TASK', 'STATE', 'INSTRUCTION', 'AFTER'], width);
}

/** What needs what, each edge once. */
export function edgesOf(tasks: readonly TaskView[]): { task: string; after: string }[] {
  return tasks.flatMap(({ id, after }) => after.map(each => ({ task: id, after: each })));
}

interface Branch {
  /** Drawn before the task: `│  └─ `. */
  line: string;
  task: TaskView;
}

function branches(tasks: readonly TaskView[]): Branch[] {
  const known = new Set(tasks.map(({ id }) => id));
  const below = Map.groupBy(tasks, ({ after }) => after.findLast(id => known.has(id)) ?? null);
  const draw = (above: string | null, indent: string): Branch[] =>
    (below.get(above) ?? []).flatMap((task, index, all) => {
      const isLast = index === all.length - 1;
      const [corner, bar] = above === null ? ['', ''] : isLast ? ['└─ ', '   '] : ['├─ ', '│  '];
      return [{ line: `${indent}${corner}`, task }, ...draw(task.id, `${indent}${bar}`)];
    });
  return draw(null, '');
}

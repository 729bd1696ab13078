import type { TaskView } from '../record/views.ts';
import { isFinal, type TaskState } from '../task/states.ts';
import { type Cell, columns } from './output.ts';

const STYLES = {
  queued: 'dim',
  starting: 'cyan',
  running: 'cyan',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  escalated: 'magenta',
  cancelled: 'dim',
} as const satisfies Record<TaskState, string>;

/** `running`, or `running, agent waiting`, in the colour of the state. */
export function stateCell({ status, agent_state }: TaskView): {
  text: string;
  style: (typeof STYLES)[TaskState];
} {
  // The last run of a task that is over may still be put away.
  const isPlain = agent_state === null || agent_state === 'working' || isFinal(status);
  return { text: isPlain ? status : `${status}, agent ${agent_state}`, style: STYLES[status] };
}

/** Where it was asked: `acme/shop#42`, or the repository of a desk. */
export function placeOf({ repository, issue }: TaskView): string {
  return issue === null ? repository : `${repository}#${issue}`;
}

/** Tasks on standard output. */
export function sayTasks(list: readonly TaskView[]): void {
  process.stdout.write(`${taskTable(list)}\n`);
}

/** Tasks, one a row. */
export function taskTable(list: readonly TaskView[], width?: number): string {
  const rows = list.map((task): Cell[] => [
    task.id,
    stateCell(task),
    placeOf(task),
    task.pull_request ? `#${task.pull_request.number}` : '',
    firstLine(task.instruction),
  ]);
  return columns(rows, ['TASK', 'STATE', 'WHERE', 'PR', 'INSTRUCTION'], width);
}

/** `conflicts with T3 in src/total.js`. */
export function overlapLine({ with: other, conflicts, files }: TaskView['overlaps'][number]): string {
  const whom = other ?? 'its base';
  const what = files.length > 3 ? [...files.slice(0, 3), `${files.length - 3} more`] : files;
  return `${conflicts ? `conflicts with ${whom} in` : `and ${whom} both work on`} ${what.join(', ')}`;
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

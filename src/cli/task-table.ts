import type { TaskView } from '../record/views.ts';
import { columns } from './output.ts';

/** `running`, or `running, agent waiting`. */
export function stateOf({ status, agent_state }: TaskView): string {
  return agent_state === null || agent_state === 'working' ? status : `${status}, agent ${agent_state}`;
}

/** Tasks, one a row. */
export function taskTable(list: TaskView[]): string {
  const rows = list.map(task => [
    task.id,
    stateOf(task),
    placeOf(task),
    task.pull_request ? `#${task.pull_request.number}` : '',
    task.instruction.split('\n', 1)[0] ?? '',
  ]);
  return columns([['TASK', 'STATE', 'ISSUE', 'PR', 'INSTRUCTION'], ...rows]);
}

/** `acme/shop#7`, or the repository alone. */
export function placeOf({ repository, issue }: TaskView): string {
  return issue === null ? repository : `${repository}#${issue}`;
}

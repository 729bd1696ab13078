import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';
import { overlapLine, sayTasks } from './task-table.ts';

interface About {
  version: string;
  pid: number;
  started_at: string;
  url: string;
  stopping: boolean;
  tasks: Record<string, number>;
  inbox: number;
}

/** `orch status`: the daemon and what is not over. */
export async function status(options: Common): Promise<void> {
  const home = await findHome(options);
  const [about, tasks] = await Promise.all([
    askDaemon<About>(home, 'GET', '/api/orchestrator'),
    askDaemon<TaskView[]>(home, 'GET', '/api/tasks?limit=20'),
  ]);
  if (options.json) return sayJson({ ...about, latest: tasks });
  const counts = Object.entries(about.tasks).map(([state, count]) => `${count} ${state}`);
  const where = about.url === '' ? '' : ` at ${about.url}`;
  say(`Orch ${about.version}${where}, process ${about.pid}, since ${about.started_at}`);
  if (about.stopping) say('It is stopping: it ends when its agents have, and starts no more of them.');
  say(counts.length === 0 ? 'No tasks yet.' : `Tasks: ${counts.join(', ')}`);
  if (tasks.length === 0) return;
  say('');
  sayTasks(tasks);
  for (const task of tasks) for (const each of task.overlaps) say(`${task.id} ${overlapLine(each)}`);
}

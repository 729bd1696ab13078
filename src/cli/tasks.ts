import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';
import { edgesOf, taskGraph } from './task-graph.ts';
import { sayTasks } from './task-table.ts';

/** `orch tasks`: the newest tasks, or those in one state; with `--graph` as what waits for what. */
export async function tasks(
  options: Common & { status?: string; limit: string; graph?: boolean },
): Promise<void> {
  const query = new URLSearchParams({ limit: options.limit });
  if (options.status) query.set('state', options.status);
  const list = await askDaemon<TaskView[]>(await findHome(options), 'GET', `/api/tasks?${query}`);
  if (options.json) return sayJson(options.graph ? { tasks: list, edges: edgesOf(list) } : list);
  if (list.length === 0) return say('No tasks.');
  if (options.graph) process.stdout.write(`${taskGraph(list)}\n`);
  else sayTasks(list);
}

import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

export type Verb = 'pause' | 'resume' | 'cancel' | 'retry';

/** `orch pause T42`, and `resume`, `cancel` and `retry`. */
export async function change(verb: Verb, name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/${verb}`;
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path);
  if (options.json) sayJson(task);
  else say(`${task.id} is ${task.status}.`);
}

import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { textOf } from './input.ts';
import { say, sayJson } from './output.ts';

/** `orch say T42 TEXT`, or `-` for standard input. */
export async function tell(name: string, words: readonly string[], options: Common): Promise<void> {
  const sent = { text: await textOf(words) };
  const path = `/api/tasks/${encodeURIComponent(name)}/say`;
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path, { sent });
  if (options.json) return sayJson(task);
  say(`${task.id} is ${task.status}. Whether its agent has heard it: orch show ${task.id}`);
}

import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

/** `orch approve T42 [--budget 2usd]`: has its plan carried out. */
export async function approve(
  name: string,
  { budget, ...options }: Common & { budget?: string },
): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/approve`;
  const sent = budget === undefined ? {} : { budget };
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path, { sent });
  if (options.json) return sayJson(task);
  say(`${task.id} is ${task.status}: its plan is approved.`);
}

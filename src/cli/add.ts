import type { TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { textOf } from './input.ts';
import { say, sayJson } from './output.ts';

/** What may be asked for with a task, as it was written: the daemon reads it as it reads comments. */
export interface WishOptions extends Common {
  agent?: string;
  capability?: string[];
  model?: string;
  priority?: string;
  timeout?: string;
  base?: string;
  after?: string[];
  budget?: string;
  context?: string[];
}

export type Added = TaskView & { duplicate: boolean; notes: string[] };

/** `orch add INSTRUCTION`: queues a task, and says which. */
export async function add(words: readonly string[], options: WishOptions): Promise<void> {
  const task = await addTask(await findHome(options), words, options);
  if (options.json) sayJson(task);
  else say(addedText(task));
}

export async function addTask(home: string, words: readonly string[], options: WishOptions): Promise<Added> {
  const { json: _json, config: _config, ...wanted } = options;
  const sent = { ...wanted, instruction: await textOf(words) };
  return await askDaemon<Added>(home, 'POST', '/api/tasks', { sent });
}

export function addedText({ id, status, duplicate, notes }: Added): string {
  const what = duplicate
    ? `${id} is at it already: the same is asked for, and ${status}.`
    : `${id} is ${status}.`;
  return [what, ...notes].join('\n');
}

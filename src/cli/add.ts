import type { TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome, linkedBranch } from './home.ts';
import { textOf } from './input.ts';
import { say, sayJson } from './output.ts';
import { sayTasks } from './task-table.ts';

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
  plan?: boolean;
  context?: string[];
  file?: string;
  repository?: string;
  issue?: string;
  requester?: string;
}

/** Where a daemon is the GitHub App: it asks GitHub what the requester may do, which takes calls. */
const GITHUB_PATIENCE_MS = 60_000;

/** The daemon takes requests of twice as much; JSON needs more room for some characters. */
const MOST_BYTES = 32 * 1024;

export type Added = TaskView & { duplicate: boolean; notes: string[] };

/** `orch add INSTRUCTION`: queues a task, and says which; with `--file` all tasks of a file. */
export async function add(words: readonly string[], options: WishOptions): Promise<void> {
  if (options.file !== undefined) return await addFile(words, { ...options, file: options.file });
  if (words.length === 0) throw new OrchError('E_USAGE', 'The instruction is missing');
  const task = await addTask(await findHome(options), words, options);
  if (options.json) sayJson(task);
  else say(addedText(task));
}

async function addFile(words: readonly string[], options: WishOptions & { file: string }): Promise<void> {
  const {
    file,
    json,
    config,
    repository: _repository,
    issue: _issue,
    requester: _requester,
    ...wanted
  } = options;
  if (words.length > 0 || Object.keys(wanted).length > 0)
    throw new OrchError('E_USAGE', '`--file` stands alone: its tasks say themselves what they want');
  // Here alone: loading it would cost every other task time.
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(file, 'utf8').catch(cause => {
    throw new OrchError('E_USAGE', `The file can't be read: ${cause.message}`, { cause });
  });
  const at = placeOf(options);
  const tasks = await askDaemon<Added[]>(await findHome({ config }), 'POST', '/api/tasks/file', {
    sent: { ...at, text },
    ...(at.repository !== undefined && { patienceMs: GITHUB_PATIENCE_MS }),
  });
  if (json) return sayJson(tasks);
  sayTasks(tasks);
  for (const note of new Set(tasks.flatMap(({ notes }) => notes))) say(note);
}

export async function addTask(home: string, words: readonly string[], options: WishOptions): Promise<Added> {
  const { json: _json, config: _config, ...wanted } = options;
  const instruction = await textOf(words);
  if (instruction.trim() === '') throw new OrchError('E_USAGE', 'The instruction is empty');
  if (Buffer.byteLength(instruction) > MOST_BYTES) {
    const remedy = 'Put it into a file of the repository, and name that with --context.';
    throw new OrchError('E_USAGE', `The instruction is longer than ${MOST_BYTES / 1024} kB`, { remedy });
  }
  const at = placeOf(wanted);
  const isElsewhere = at.repository !== undefined;
  const base = wanted.base ?? (isElsewhere ? null : linkedBranch()) ?? undefined;
  const sent = { ...wanted, ...at, base, instruction };
  const patience = isElsewhere ? { patienceMs: GITHUB_PATIENCE_MS } : {};
  return await askDaemon<Added>(home, 'POST', '/api/tasks', { sent, ...patience });
}

/** In a job of GitHub Actions it is who has started the workflow. */
function placeOf({ repository, issue, requester }: Omit<WishOptions, 'file'>) {
  const asks = requester ?? (repository === undefined ? undefined : process.env.GITHUB_ACTOR);
  return { repository, issue, requester: asks };
}

export function addedText({ id, status, duplicate, notes }: Added): string {
  const what = duplicate
    ? `${id} is at it already: the same is asked for, and ${status}.`
    : `${id} is ${status}.`;
  return [what, ...notes].join('\n');
}

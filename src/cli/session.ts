import { existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { runFiles } from '../agent/run-files.ts';
import { homePaths } from '../config/paths.ts';
import type { TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import { redactShapes } from '../shared/secrets/secrets.ts';
import { readableLines } from '../shared/text.ts';
import { parseTaskName, runName, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';

export interface LogOptions {
  config?: string;
  follow?: boolean;
  raw?: boolean;
}

/**
 * `orch logs T42 [-f] [--raw]`: what the agent's terminal printed, as text; into a pipe as it was, colours and all. Raw:
 * the lines of JSON that its CLI printed, without what looks like a token. Following goes on into the next run, and ends
 * when the task is over, or with ^C; of a run named `T42.1`, with that run.
 */
export async function logs(name: string, options: LogOptions): Promise<void> {
  const home = await findHome(options);
  const named = parseRunName(name);
  const show = options.raw || process.stdout.isTTY ? asText : asBytes;
  for (let last = ''; ; ) {
    const run = named?.run ?? (await runOf(home, name));
    if (run === last) return;
    last = run;
    const paths = homePaths(home);
    const file = options.raw ? runFiles(paths.run(run)).events : paths.runLog(run);
    if (!options.follow) {
      if (!existsSync(file))
        throw new OrchError('E_TASK_STATE', `${run} has no ${options.raw ? 'events' : 'log yet'}`);
      return void show(file, 0, true);
    }
    await follow(file, show, () => hasEnded(home, named?.task ?? name, run));
    if (named) return;
  }
}

async function follow(file: string, show: Show, over: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let position = show(file, 0, false);
  const watcher = watch(dirname(file), (_event, changed) => {
    if (changed === basename(file)) position = show(file, position, false);
  });
  try {
    await over();
  } finally {
    watcher.close();
  }
  show(file, position, true);
}

/** Prints what the file has beyond a position; gives the position up to which it is printed. */
type Show = (file: string, position: number, isEnd: boolean) => number;

/** An agent may print what sets a clipboard or a title: a person's terminal gets lines of text, whole ones, without tokens. */
const asText: Show = (file, position, isEnd) => {
  const bytes = readFrom(file, position);
  const whole = isEnd ? bytes : bytes.subarray(0, bytes.lastIndexOf(10) + 1);
  if (whole.length === 0) return position;
  // First what is only shown in passing: it can stand right before a token, or within one.
  const lines = readableLines(whole.toString('utf8').replace(/\n$/, ''));
  process.stdout.write(`${redactShapes(lines.join('\n'))}\n`);
  return position + whole.length;
};

const asBytes: Show = (file, position) => {
  const bytes = readFrom(file, position);
  process.stdout.write(bytes);
  return position + bytes.length;
};

/** Logs are bounded by `limits.output_mb`, so what is left of one fits into memory. */
function readFrom(file: string, position: number): Buffer {
  return existsSync(file) ? readFileSync(file).subarray(position) : Buffer.alloc(0);
}

/** Resolves when the task is over, or has gone on to another run. */
async function hasEnded(home: string, task: string, run: string): Promise<void> {
  for (;;) {
    const view = await askDaemon<TaskView>(home, 'GET', `/api/tasks/${encodeURIComponent(task)}`);
    if (isFinal(view.status) || view.run !== run) return;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

/** `T42.1`. */
function parseRunName(name: string): { task: string; run: string } | null {
  const [, task, run] = /^T?(\d{1,15})\.(\d{1,9})$/i.exec(name) ?? [];
  return task && run ? { task: taskName(Number(task)), run: runName(Number(task), Number(run)) } : null;
}

/** The live or last run of a task; a run's own name stands for itself. */
export async function runOf(home: string, name: string): Promise<string> {
  const named = parseRunName(name);
  if (named) return named.run;
  if (parseTaskName(name) === null) throw new OrchError('E_UNKNOWN_TASK', `There is no task ${name}`);
  const view = await askDaemon<TaskView>(home, 'GET', `/api/tasks/${encodeURIComponent(name)}`);
  if (view.run === null) throw new OrchError('E_TASK_STATE', `${view.id} has not started yet`);
  return view.run;
}

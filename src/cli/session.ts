import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { attachCommand, openTerminals } from '../agent/terminals.ts';
import { homePaths } from '../config/paths.ts';
import type { TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import { silentLog } from '../shared/log.ts';
import { parseTaskName, runName } from '../task/glossary.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';

/** `orch attach T42`: joins the terminal of the live run. Leave it with Ctrl-b d. */
export async function attach(name: string, options: { config?: string }): Promise<void> {
  const home = await findHome(options);
  const run = await runOf(home, name);
  const [program = '', ...args] = attachCommand(
    openTerminals({ directory: homePaths(home).tmux, log: silentLog() }),
    run,
  );
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', cause =>
      reject(new OrchError('E_MISSING_PROGRAM', 'tmux is not installed', { cause })),
    );
    child.once('exit', exit => resolve(exit ?? 1));
  });
  if (code !== 0)
    throw new OrchError('E_TASK_STATE', `${run} has no terminal any more`, {
      remedy: `Its log: orch logs ${name}`,
    });
}

/** `orch logs T42 [-f]`: what the agent's terminal printed. Following ends when the task is over, or with ^C. */
export async function logs(name: string, options: { config?: string; follow?: boolean }): Promise<void> {
  const home = await findHome(options);
  const run = await runOf(home, name);
  const file = homePaths(home).runLog(run);
  if (!existsSync(file) && !options.follow) throw new OrchError('E_TASK_STATE', `${run} has no log yet`);
  let position = print(file, 0);
  if (!options.follow) return;
  const watcher = watch(dirname(file), (_event, changed) => {
    if (changed === basename(file)) position = print(file, position);
  });
  try {
    await isOver(home, name);
  } finally {
    watcher.close();
  }
  print(file, position);
}

/** Prints what the file has beyond a position, and returns the new end. */
function print(file: string, position: number): number {
  if (!existsSync(file)) return position;
  const handle = openSync(file, 'r');
  try {
    const { size } = statSync(file);
    const buffer = Buffer.alloc(64 * 1024);
    while (position < size) {
      const read = readSync(handle, buffer, 0, buffer.length, position);
      if (read === 0) break;
      process.stdout.write(Buffer.from(buffer.subarray(0, read)));
      position += read;
    }
    return position;
  } finally {
    closeSync(handle);
  }
}

async function isOver(home: string, name: string): Promise<void> {
  const OVER = ['completed', 'failed', 'escalated', 'cancelled'];
  for (;;) {
    const task = await askDaemon<TaskView>(home, 'GET', `/api/tasks/${encodeURIComponent(name)}`);
    if (OVER.includes(task.status)) return;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

/** The live or last run of a task; a run's own name stands for itself. */
async function runOf(home: string, name: string): Promise<string> {
  const [, task, run] = /^T?(\d+)\.(\d+)$/i.exec(name) ?? [];
  if (task && run) return runName(Number(task), Number(run));
  if (parseTaskName(name) === null) throw new OrchError('E_UNKNOWN_TASK', `There is no task ${name}`);
  const view = await askDaemon<TaskView>(home, 'GET', `/api/tasks/${encodeURIComponent(name)}`);
  if (view.run === null) throw new OrchError('E_TASK_STATE', `${view.id} has not started yet`);
  return view.run;
}

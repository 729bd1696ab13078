import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { attachCommand, look, openTerminals, sessionName, type Terminals } from '../agent/terminals.ts';
import { homePaths } from '../config/paths.ts';
import type { RunView, TaskView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';
import { silentLog } from '../shared/log.ts';
import { isFinal } from '../task/states.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say } from './output.ts';
import { runOf } from './session.ts';

const POLL_MS = 300;

/**
 * `orch attach T42`: joins the terminal of the live run. Leave it with Ctrl-b d. With `--take-over` the agent is paused, and
 * the terminal is that of its CLI, in its conversation, for a person to work in.
 */
export async function attach(name: string, options: { config?: string; takeOver?: boolean }): Promise<void> {
  const home = await findHome(options);
  using terminals = openTerminals({ directory: homePaths(home).tmux, log: silentLog() });
  if (options.takeOver) return await takeOver(home, terminals, name);
  await join(terminals, await runOf(home, name));
}

/** Resolves when the terminal is left, or gone. Errors: E_TASK_STATE, E_MISSING_PROGRAM. */
async function join(terminals: Terminals, run: string): Promise<void> {
  const [program = '', ...args] = attachCommand(terminals, run);
  // A person may sit in a tmux of their own, which is no concern of this one.
  const { TMUX: _, ...env } = process.env;
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    child.once('error', cause =>
      reject(new OrchError('E_MISSING_PROGRAM', 'tmux is not installed', { cause })),
    );
    child.once('exit', exit => resolve(exit ?? 1));
  });
  if (code !== 0)
    throw new OrchError('E_TASK_STATE', `${run} has no terminal any more`, {
      remedy: `Its log: orch logs ${run}`,
    });
}

async function takeOver(home: string, terminals: Terminals, name: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new OrchError('E_USAGE', 'Taking over needs a terminal', { remedy: 'Run it at a shell prompt.' });
  const path = `/api/tasks/${encodeURIComponent(name)}`;
  const asked = await askDaemon<TaskView>(home, 'POST', `${path}/take-over`);
  if (asked.keyboard?.run === null) say(`${asked.id}: the terminal is yours in a moment …`);
  const taken = await until(home, path, task => task.keyboard?.run !== null);
  const run = taken.keyboard?.run;
  if (!run) {
    const why = `${taken.id} is ${taken.status}${taken.reason ? `: ${taken.reason}` : ''}`;
    throw new OrchError('E_TASK_STATE', `It could not be taken over: ${why}`);
  }
  await join(terminals, run);
  const panes = await look(terminals);
  if (panes !== 'unknown' && panes.get(sessionName(run))?.dead === false) {
    say(
      `${taken.id} waits for you. Come again: orch attach ${taken.id} --take-over. Give it back: orch resume ${taken.id}`,
    );
    return;
  }
  await tellHowItWent(home, path, run);
}

/** After the program was left: that its agent goes on, and what went wrong if it ended badly. */
async function tellHowItWent(home: string, path: string, run: string): Promise<void> {
  const task = await until(home, path, ({ keyboard }) => keyboard?.run !== run);
  const exit = task.runs.find(({ id }) => id === run)?.exit ?? null;
  if (exit) say(`The program ended with exit code ${exit}; its terminal: orch logs ${run}`);
  const goesOn = !isFinal(task.status) && task.status !== 'paused';
  say(
    goesOn ? `${task.id} is ${task.status}: its agent goes on by itself.` : `${task.id} is ${task.status}.`,
  );
}

type Whole = TaskView & { runs: RunView[] };

async function until(home: string, path: string, isSo: (task: Whole) => boolean): Promise<Whole> {
  for (;;) {
    const task = await askDaemon<Whole>(home, 'GET', path);
    if (isSo(task)) return task;
    await delay(POLL_MS);
  }
}

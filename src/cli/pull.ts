import { spawn } from 'node:child_process';
import type { PullView, TaskView } from '../record/views.ts';
import { describeTests } from '../record/words.ts';
import { OrchError } from '../shared/errors.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

/** `orch diff T42`: what a task's branch changes, shown by git as the person is used to it. */
export async function diff(name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/diff`;
  const pull = await askDaemon<PullView>(await findHome(options), 'GET', path);
  if (options.json) return sayJson(pull);
  if (process.stdout.isTTY) {
    say(`${pull.task}  ${pull.title ?? ''}\n${pull.branch} → ${pull.base}\n${describeTests(pull.tests)}\n`);
  }
  const child = spawn('git', ['diff', `${pull.from}...${pull.to}`], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', cause => reject(new OrchError('E_MISSING_PROGRAM', 'git is not on PATH', { cause })));
    child.once('exit', resolve);
  });
  if (code !== 0) process.exitCode = 1;
}

/** `orch merge T42`: brings a task's branch into its base. */
export async function merge(
  name: string,
  { anyway = false, ...options }: Common & { anyway?: boolean },
): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/merge`;
  type Merged = TaskView & { merged: { commit: string; kind: string } };
  const task = await askDaemon<Merged>(await findHome(options), 'POST', path, {
    sent: { anyway },
    patienceMs: 120_000,
  });
  if (options.json) return sayJson(task);
  const { commit, kind } = task.merged;
  say(`${task.id} is merged${kind === 'fast-forward' ? ' (fast-forward)' : ''}: ${commit.slice(0, 10)}`);
}

import type { CheckpointView, TaskView } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson, sayTable } from './output.ts';

/** `orch checkpoints T42`: the kept states of a task's worktree, the oldest first. */
export async function list(name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/checkpoints`;
  const made = await askDaemon<CheckpointView[]>(await findHome(options), 'GET', path);
  if (options.json) return sayJson(made);
  if (made.length === 0) return say('No checkpoints yet.');
  const rows = made.map(each => [
    `${each.number}`,
    each.made_at,
    each.run,
    each.commit.slice(0, 10),
    `${each.left_out.length}`,
    each.why,
  ]);
  sayTable(rows, ['N', 'MADE AT', 'RUN', 'COMMIT', 'LEFT OUT', 'WHY']);
}

/** `orch checkpoint T42`: keeps how the worktree of its agent is now. */
export async function make(name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/checkpoints`;
  const made = await askDaemon<CheckpointView>(await findHome(options), 'POST', path, { patienceMs: 90_000 });
  if (options.json) return sayJson(made);
  say(`Checkpoint ${made.number} is how it stands, made at ${made.made_at}.`);
}

/** `orch rollback T42 [N]`: has branch and worktree go back. */
export async function rollBack(name: string, number: string | undefined, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/rollback`;
  const sent = { checkpoint: number === undefined ? null : Number(number) };
  const task = await askDaemon<TaskView>(await findHome(options), 'POST', path, { sent });
  if (options.json) sayJson(task);
  else say(`${task.id} is ${task.status}: ${task.reason}.`);
}

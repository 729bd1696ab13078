import type { CheckpointView } from '../record/views.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { columns, say } from './output.ts';

interface Common {
  json?: boolean;
  config?: string;
}

/** `orch checkpoints T42`: the kept states of a task's worktree, the oldest first. */
export async function list(name: string, options: Common): Promise<void> {
  const path = `/api/tasks/${encodeURIComponent(name)}/checkpoints`;
  const made = await askDaemon<CheckpointView[]>(await findHome(options), 'GET', path);
  if (options.json) return say(JSON.stringify(made, null, 2));
  if (made.length === 0) return say('No checkpoints yet.');
  const rows = made.map(each => [
    `${each.number}`,
    each.made_at,
    each.run,
    each.commit.slice(0, 10),
    `${each.left_out.length}`,
    each.why,
  ]);
  say(columns([['N', 'MADE AT', 'RUN', 'COMMIT', 'LEFT OUT', 'WHY'], ...rows]));
}

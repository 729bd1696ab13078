import { existsSync } from 'node:fs';
import { homePaths } from '../config/paths.ts';
import { isFinal } from '../task/states.ts';
import { removeTree } from '../workspace/workspace.ts';
import { carryOut } from './carry-out.ts';
import type { Job } from './job.ts';
import { homeOf, openWorkshop } from './open.ts';
import type { Story } from './outputs.ts';

/**
 * What is to be done when the job ends, however it does: a task that its first process had to leave is cancelled, its agent
 * stopped, what that left is kept, and people are told. Then nothing of it stays on the host, also where that went wrong.
 * Null when there was nothing left to do.
 */
export async function endJob(
  inputs: { settings: string | null; token: string },
  job: Job,
  env: NodeJS.ProcessEnv,
): Promise<Story | null> {
  try {
    if (!existsSync(homePaths(homeOf(job)).database)) return null;
    using workshop = openWorkshop(inputs, job, env);
    const { store } = workshop;
    const task = store.tasks.get(job.run.id);
    const isDone =
      task === null ||
      (isFinal(task.state) &&
        store.runs.liveOf(task.id) === null &&
        store.journal.behind('github').length === 0);
    if (isDone) return null;
    return await carryOut(workshop, task.id, AbortSignal.abort('its job ended before it was done'));
  } finally {
    await removeTree(homeOf(job));
  }
}

import { changeState } from '../queue/change.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { carryOut } from './carry-out.ts';
import type { Asked } from './decide.ts';
import type { RunInputs } from './inputs.ts';
import type { Job } from './job.ts';
import { openWorkshop } from './open.ts';
import type { Story } from './outputs.ts';
import { preflight } from './preflight.ts';
import { asOrchError, take } from './take.ts';

/** Does what was asked for in this job, without a server. Null when it was no task. Errors: see `take`. */
export async function runTask(
  inputs: RunInputs,
  job: Job,
  asked: Asked,
  cancelled: AbortSignal,
  env: NodeJS.ProcessEnv,
): Promise<Story | null> {
  using workshop = openWorkshop(inputs, job, env);
  const { store, clock } = workshop;
  if (store.tasks.get(job.run.id) !== null) throw onlyOne();
  const task = await take(workshop, asked, inputs);
  if (task === null) return null;
  const problem = await preflight(workshop, task).catch(asOrchError);
  if (problem !== null)
    changeState(store, task, 'failed', clock.now(), {
      reason: describeError(problem),
      epoch: task.epoch + 1,
    });
  return await carryOut(workshop, task.id, cancelled);
}

function onlyOne(): OrchError {
  return new OrchError(
    'E_QUEUE_FULL',
    'Another step of this job does a task, and each workflow run does one',
    {
      remedy: 'Give each task a workflow run of its own.',
    },
  );
}

import type { Stages } from '../scheduler/stages.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

/**
 * These stages, with which work goes to the forge that an agent had not brought there when people merged or closed its pull
 * request: nobody would look for it on this host.
 */
export function withDecided(
  stages: Stages,
  { store, log, keepWork }: { store: Store; log: Log; keepWork(task: Task, run: Run): Promise<void> },
): Stages {
  /** While the forge is away it stays in Orch's own store, under the same name. */
  async function keep(task: Task, run: Run): Promise<void> {
    await keepWork(task, run).catch(error =>
      log.warn(
        { run: runName(task.id, run.number), why: describeError(error) },
        'what was left is kept here',
      ),
    );
  }

  return {
    ...stages,
    workspace: {
      ...stages.workspace,
      async rescue(task, run) {
        try {
          await stages.workspace.rescue(task, run);
        } finally {
          const current = store.tasks.get(task.id) as Task;
          if (isDecided(current) && current.epoch !== run.epoch) await keep(current, run);
        }
      },
    },
  };
}

function isDecided({ state, pullState }: Task): boolean {
  return isFinal(state) && (pullState === 'merged' || pullState === 'closed');
}

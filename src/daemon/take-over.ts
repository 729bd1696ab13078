import type { Settings } from '../config/settings.ts';
import { existing, keyboardOf, pause, resume } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

type TakeOver = (task: number, by: string) => Task;

/**
 * Gives a person the keyboard of a task's agent: it is paused, and the next run goes on in its workspace and session with
 * the profile's `interactive` command. When that ends, the agent goes on by itself. Whoever else asks meanwhile joins.
 * Errors: E_UNKNOWN_TASK, E_TASK_STATE, E_AGENT_NOT_READY.
 */
export function takeOverIn(options: {
  store: Store;
  clock: Clock;
  settings: Pick<Settings, 'profiles'>;
}): TakeOver {
  const { store, clock, settings } = options;
  return (id, by) =>
    store.transaction(() => {
      const task = existing(store, id);
      if (keyboardOf(store, task) !== null) return task;
      if (isFinal(task.state))
        throw new OrchError(
          'E_TASK_STATE',
          `${taskName(id)} is ${task.state}: there is nothing to take over`,
        );
      if (task.state !== 'paused') pause(store, id, `${by} takes over the keyboard`, null, clock.now());
      const { resume: last } = existing(store, id);
      const run = last === null ? null : store.runs.get(id, last);
      if (!run) throw tooEarly(id, 'no agent has begun with it');
      requireInteractive(settings, run);
      const { epoch } = resume(store, id, clock.now());
      store.tasks.update(id, epoch, { keyboard: by });
      return existing(store, id);
    });
}

function requireInteractive({ profiles }: Pick<Settings, 'profiles'>, run: Run): void {
  const words = profiles.find(({ name }) => name === run.profile)?.interactive ?? null;
  if (words === null) {
    throw new OrchError(
      'E_AGENT_NOT_READY',
      `The profile of ${run.profile} does not say how a person works with it`,
      {
        remedy: `Give \`agents.${run.profile}\` an \`interactive\` command in orch.yaml and restart orch serve; orch attach shows its terminal, and orch say tells it something.`,
      },
    );
  }
  if (run.session === null && words.some(word => word.includes('{session}')))
    throw tooEarly(run.task, 'its agent has not told yet which conversation it is in');
}

function tooEarly(id: number, why: string): OrchError {
  return new OrchError('E_TASK_STATE', `${taskName(id)} can't be taken over yet: ${why}`, {
    remedy: 'Try again in a moment; what it does is shown by: orch show',
  });
}

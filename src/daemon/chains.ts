import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import { changeState } from '../queue/change.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError, isPermanent } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal, type TaskState } from '../task/states.ts';

export interface ChainsOptions {
  store: Store;
  clock: Clock;
  log: Log;
  pulls: Pick<Forge['pulls'], 'retarget'>;
  /** What becomes of tasks when one that they need comes to nothing. */
  failedPrerequisite: Settings['policies']['failedPrerequisite'];
}

/**
 * Looks after tasks that need others: says what they wait for, and what follows when that comes to nothing; and has their
 * pull requests go on to where those that they build on were merged. That none starts too early is the claim's to see to, so
 * nothing depends on when this looks.
 */
export function startChains({ store, clock, log, pulls, failedPrerequisite }: ChainsOptions) {
  const looks = keyedRounds({
    clock,
    async work(id: number) {
      store.transaction(() => settle(id));
      await followBase(store.tasks.get(id) as Task);
      return null;
    },
    failed: (task: number, err) => log.warn({ task: taskName(task), err }, 'could not be looked at'),
  });
  const news = store.journal.onAppend(id => {
    for (const each of [id, ...store.dependencies.dependants(id)]) looks.wake(each);
  });
  for (const id of [...store.dependencies.queued(), ...store.tasks.withOpenPull().map(task => task.id)])
    looks.wake(id);

  /** Where the branch that it is to be merged into was merged itself, it goes on to where that went. */
  async function followBase(task: Task): Promise<void> {
    const { id, epoch, repositoryId, branch, target, pullState } = task;
    if (pullState === 'merged' && branch !== null)
      for (const each of store.tasks.aimedAt(repositoryId, branch)) looks.wake(each);
    if (target === null || (isFinal(task.state) && pullState !== 'open')) return;
    const merged = store.tasks.onBranch(repositoryId, target).find(each => each.pullState === 'merged');
    if (!merged || merged.target === null) return;
    if (pullState === 'open' && !(await tryRetarget(task, merged.target))) return;
    store.tasks.update(id, epoch, { target: merged.target, updatedAt: clock.now() });
    looks.wake(id);
  }

  async function tryRetarget(task: Task, branch: string): Promise<boolean> {
    try {
      await pulls.retarget(task, branch);
      return true;
    } catch (error) {
      if (!isPermanent(error)) throw error;
      log.warn(
        { task: taskName(task.id), why: describeError(error) },
        'the pull request stays where it goes',
      );
      return false;
    }
  }

  function settle(id: number): void {
    const task = store.tasks.get(id);
    if (task?.state !== 'queued' || store.dependencies.of(id).length === 0) return;
    const unmet = store.dependencies.unmet(id).map(each => store.tasks.get(each) as Task);
    const lost = unmet.filter(({ state }) => isFinal(state));
    if (unmet.length === 0) stopWaiting(task);
    else if (lost.length === 0 || failedPrerequisite === 'hold') waitFor(task, unmet, lost);
    else if (failedPrerequisite === 'run') goOnWithout(task, lost);
    else
      changeState(store, task, 'failed', clock.now(), { reason: `needs ${names(lost)}, but ${fates(lost)}` });
  }

  function waitFor(task: Task, unmet: readonly Task[], lost: readonly Task[]): void {
    const way = lost.length === 0 ? '' : `, but ${fates(lost)}: retry ${names(lost)} to go on`;
    const reason = `waits for ${names(unmet)}${way}`;
    if (reason !== task.reason) tell(task, reason);
  }

  /** The task may have another reason by now, which stays. */
  function stopWaiting(task: Task): void {
    const told = store.journal.ofTask(task.id).findLast(event => event.type === 'task:waits');
    if (told?.type === 'task:waits' && told.data.reason === task.reason && task.reason !== null)
      tell(task, null);
  }

  function goOnWithout(task: Task, lost: readonly Task[]): void {
    for (const { id } of lost) store.dependencies.waive(task.id, id);
    tell(task, `goes on though ${fates(lost)}`);
  }

  function tell(task: Task, reason: string | null): void {
    store.tasks.update(task.id, task.epoch, { reason, updatedAt: clock.now() });
    store.journal.append(clock.now(), task.id, 'task:waits', { reason });
  }

  return {
    async stop(): Promise<void> {
      news[Symbol.dispose]();
      await looks.stop();
    },
  };
}

const FATES: Partial<Record<TaskState, string>> = {
  failed: 'failed',
  escalated: 'needs a person',
  cancelled: 'was cancelled',
};

/** `T3 failed and T4 was cancelled`. */
function fates(tasks: readonly Task[]): string {
  return LIST.format(tasks.map(({ id, state }) => `${taskName(id)} ${FATES[state]}`));
}

function names(tasks: readonly Task[]): string {
  return LIST.format(tasks.map(({ id }) => taskName(id)));
}

const LIST = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' });

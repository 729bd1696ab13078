import type { RepositorySettings } from '../config/repository.ts';
import type { Store } from '../store/open.ts';
import type { Claimable } from '../store/tasks.ts';
import type { Run } from '../task/glossary.ts';
import { candidatesFor, type Profile, refusal } from './candidates.ts';
import { experienceOf } from './experience.ts';
import { type Load, prefer, slotsOf } from './prefer.ts';

/** What bounds a choice, from the settings. */
export interface Limits {
  concurrent: number;
  perRepository: number | null;
  profiles: readonly Profile[];
}

/** What the repository's own settings say, as the task carries them. */
export type RepositoryLimits = (
  task: Claimable,
) => Pick<RepositorySettings, 'agents' | 'agent' | 'concurrency'>;

/**
 * Says which queued task starts next, which agent takes it and why; null while none may start. What it says holds for the
 * transaction in which it is asked, and is the same for the same rows. A task that no agent of these settings may ever take
 * is refused, with the next step.
 */
export function chooser(store: Store, limits: Limits, repository: RepositoryLimits) {
  return (now: number) => {
    const load = store.runs.load();
    if (load.length >= limits.concurrent) return null;
    const limited = store.breakers.opened(now).map(({ profile }) => profile);
    const isAtLimit = ({ name }: Profile) => limited.includes(name);
    const isFree = (profile: Profile) =>
      slotsOf(profile, load).length < profile.maxInstances && !isAtLimit(profile);
    // The queue may be long, and this is asked whenever something happens.
    if (!limits.profiles.some(isFree)) return null;
    for (const task of store.tasks.claimable(now)) {
      const own = repository(task);
      if (isBlocked(task, load, Math.min(limits.perRepository ?? Infinity, own.concurrency ?? Infinity)))
        continue;
      const allowed = limits.profiles.filter(({ name }) => !own.agents || own.agents.includes(name));
      const before = predecessor(store, task);
      const last = store.runs.get(task.id, task.runs);
      const candidates = candidatesFor(task, allowed, { before, last, favourite: own.agent, isAtLimit });
      if (candidates.profiles.length === 0) return { task: task.id, refused: refusal(task) };
      const preferred = prefer(candidates, isFree, load, ({ name }) =>
        experienceOf(store.past.of(name), task, now),
      );
      if (preferred) return { task: task.id, ...preferred, before };
    }
    return null;
  };
}

/** A cancelled run may still be dying when its task is retried: one live run a task, and one a branch. */
function isBlocked(task: Claimable, load: Load, concurrency: number): boolean {
  const there = load.filter(run => run.repositoryId === task.repositoryId);
  const isSame = (run: Load[number]) => task.branch !== null && run.branch === task.branch;
  return there.length >= concurrency || there.some(isSame) || load.some(run => run.task === task.id);
}

/** The run in whose workspace and session the next one goes on. */
function predecessor(store: Store, task: Claimable): Run | null {
  if (task.resume !== null) return store.runs.get(task.id, task.resume);
  if (task.continues === null || task.branch === null || task.runs > 0) return null;
  const last = store.runs.lastOnBranch(task.repositoryId, task.branch);
  return last?.outcome === 'succeeded' && last.cleanedAt === null ? last : null;
}

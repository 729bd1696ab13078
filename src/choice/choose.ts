import type { RepositorySettings } from '../config/repository.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Claimable } from '../store/tasks.ts';
import type { Run } from '../task/glossary.ts';

/** What bounds a choice, from the settings. */
export interface Limits {
  concurrent: number;
  perRepository: number | null;
  profiles: readonly { name: string; maxInstances: number }[];
}

/** What the repository's own settings say, as the task carries them. */
export type RepositoryLimits = (
  task: Claimable,
) => Pick<RepositorySettings, 'agents' | 'agent' | 'concurrency'>;

type Profile = Limits['profiles'][number];
type Load = ReturnType<Store['runs']['load']>;

/**
 * Says which queued task starts next, and which agent takes it; null while none may start. What it says holds for the
 * transaction in which it is asked. A task that no agent of these settings may ever take is refused, with the next step.
 */
export function chooser(store: Store, limits: Limits, repository: RepositoryLimits) {
  return (now: number) => {
    const load = store.runs.load();
    if (load.length >= limits.concurrent) return null;
    const atLimit = store.breakers.opened(now).map(({ profile }) => profile);
    const isFree = (profile: Profile) =>
      slotsOf(profile, load).length < profile.maxInstances && !atLimit.includes(profile.name);
    // The queue may be long, and this is asked whenever something happens.
    if (!limits.profiles.some(isFree)) return null;
    for (const task of store.tasks.claimable(now)) {
      const own = repository(task);
      if (isBlocked(task, load, Math.min(limits.perRepository ?? Infinity, own.concurrency ?? Infinity)))
        continue;
      const allowed = limits.profiles.filter(profile => !own.agents || own.agents.includes(profile.name));
      const before = predecessor(store, task);
      const candidates = candidatesFor(store, task, before, allowed, own.agent);
      if (candidates.length === 0) return { task: task.id, refused: refusal(task) };
      const agent = leastLoaded(candidates.filter(isFree), load);
      if (agent) return { task: task.id, ...agent, before };
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

/**
 * The profile of the run to go on with; after a time-out or a limit rather another one than before; else the asked-for
 * one, the repository's, or any.
 */
function candidatesFor(
  store: Store,
  task: Claimable,
  before: Run | null,
  allowed: readonly Profile[],
  favourite: string | null,
) {
  const last = store.runs.get(task.id, task.runs);
  const isStopped = last?.outcome === 'timed_out' || last?.outcome === 'rate_limited';
  const same = allowed.filter(({ name }) => name === before?.profile);
  const others = isStopped ? allowed.filter(({ name }) => name !== last.profile) : [];
  const wanted = allowed.filter(({ name }) => name === (task.agent ?? favourite));
  return [same, others, wanted].find(some => some.length > 0) ?? (task.agent ? [] : allowed);
}

function leastLoaded(free: readonly Profile[], load: Load) {
  const [first] = free
    .map(profile => ({ ...profile, busy: slotsOf(profile, load) }))
    .sort((a, b) => a.busy.length / a.maxInstances - b.busy.length / b.maxInstances);
  if (!first) return null;
  let slot = 1;
  while (first.busy.includes(slot)) slot += 1;
  return { profile: first.name, slot };
}

/** The slots of a profile that are taken. */
function slotsOf(profile: { name: string }, load: Load): number[] {
  return load.filter(run => run.profile === profile.name).map(run => run.slot);
}

function refusal(task: Claimable): string {
  const name = task.agent ?? 'An agent that this repository allows';
  return describeError(new OrchError('E_UNKNOWN_AGENT', `${name} is not in the settings any more`));
}

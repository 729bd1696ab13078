import type { RepositorySettings } from '../config/repository.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Claimable } from '../store/tasks.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { changeState } from './change.ts';

/** What bounds a claim, from the settings. */
export interface Limits {
  concurrent: number;
  perRepository: number | null;
  profiles: readonly { name: string; maxInstances: number }[];
}

/** What the repository's own settings say, as the task carries them. */
export type RepositoryLimits = (
  task: Claimable,
) => Pick<RepositorySettings, 'agents' | 'agent' | 'concurrency'>;

export interface Claim {
  task: Task;
  run: Run;
}

/**
 * Takes the first queued task that may start now and makes its next run, in one transaction; null when none may.
 * The epoch rises, so that whatever an older run of the task still does is refused. What people have told the task's agent
 * is given to the new run. A task that no agent of these settings may ever take fails on the way.
 */
export function claim(store: Store, limits: Limits, repository: RepositoryLimits, now: number): Claim | null {
  return store.transaction(() => {
    for (;;) {
      const found = choose(store, limits, repository, now);
      if (!found) return null;
      const task = store.tasks.get(found.id) as Task;
      if (found.agent) return take(store, task, found.agent, now);
      const name = task.agent ?? 'An agent that this repository allows';
      const reason = describeError(
        new OrchError('E_UNKNOWN_AGENT', `${name} is not in the settings any more`),
      );
      changeState(store, task, 'failed', now, { reason });
    }
  });
}

type Profile = Limits['profiles'][number];
type Load = ReturnType<Store['runs']['load']>;

function choose(store: Store, limits: Limits, repository: RepositoryLimits, now: number) {
  const load = store.runs.load();
  if (load.length >= limits.concurrent) return null;
  const atLimit = store.breakers.opened(now).map(({ profile }) => profile);
  const isFree = (profile: Profile) =>
    slotsOf(profile, load).length < profile.maxInstances && !atLimit.includes(profile.name);
  // The queue may be long, and this is asked whenever something happens.
  if (!limits.profiles.some(isFree)) return null;
  for (const task of store.tasks.claimable(now)) {
    // A cancelled run may still be dying when its task is retried: one live run a task, and one a branch.
    const isSame = (run: Load[number]) =>
      run.repositoryId === task.repositoryId && run.branch === task.branch;
    if (load.some(run => run.task === task.id || (task.branch !== null && isSame(run)))) continue;
    const own = repository(task);
    const there = load.filter(run => run.repositoryId === task.repositoryId).length;
    if (there >= Math.min(limits.perRepository ?? Infinity, own.concurrency ?? Infinity)) continue;
    const allowed = limits.profiles.filter(profile => !own.agents || own.agents.includes(profile.name));
    const candidates = candidatesFor(store, task, allowed, own.agent);
    if (candidates.length === 0) return { id: task.id, agent: null };
    const agent = leastLoaded(candidates.filter(isFree), load);
    if (agent) return { id: task.id, agent };
  }
  return null;
}

/**
 * The profile of the run to go on with; after a time-out or a limit rather another one than before; else the asked-for
 * one, the repository's, or any.
 */
function candidatesFor(store: Store, task: Claimable, allowed: readonly Profile[], favourite: string | null) {
  const before = predecessor(store, task);
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

function take(store: Store, task: Task, agent: { profile: string; slot: number }, now: number): Claim {
  const epoch = task.epoch + 1;
  const number = task.runs + 1;
  const before = predecessor(store, task);
  const isSame = before?.profile === agent.profile;
  const { workspace, session } = isSame ? before : { workspace: runName(task.id, number), session: null };
  // What the workspace has of the branch is what the task knows of it.
  const head = (isSame && store.tasks.get(before.task)?.head) || task.head;
  changeState(store, task, 'starting', now, { epoch, runs: number, resume: null, question: null, head });
  store.runs.insert({ task: task.id, number, epoch, ...agent, workspace, session, startedAt: now });
  for (const { id } of store.inputs.waiting(task.id)) store.inputs.give(id, number);
  store.journal.append(now, task.id, 'run:claimed', { run: number, agent: `${agent.profile}-${agent.slot}` });
  return { task: store.tasks.get(task.id) as Task, run: store.runs.get(task.id, number) as Run };
}

/** The run in whose workspace and session the next one goes on. */
function predecessor(store: Store, task: Claimable): Run | null {
  if (task.resume !== null) return store.runs.get(task.id, task.resume);
  if (task.continues === null || task.branch === null || task.runs > 0) return null;
  const last = store.runs.lastOnBranch(task.repositoryId, task.branch);
  return last?.outcome === 'succeeded' && last.cleanedAt === null ? last : null;
}

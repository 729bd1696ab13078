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
export type RepositoryLimits = (task: Claimable) => {
  agents: string[] | null;
  agent: string | null;
  concurrency: number | null;
};

export interface Claim {
  task: Task;
  run: Run;
}

/**
 * Takes the first queued task that may start now and makes its next run, in one transaction; null when none may.
 * The epoch rises, so that whatever an older run of the task still does is refused. A task that no agent of these
 * settings may ever take fails on the way.
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

function choose(store: Store, limits: Limits, repository: RepositoryLimits, now: number) {
  const load = store.runs.load();
  if (load.length >= limits.concurrent) return null;
  // The queue may be long, and this is asked whenever something happens.
  if (!limits.profiles.some(profile => slotsOf(profile, load).length < profile.maxInstances)) return null;
  for (const task of store.tasks.claimable(now)) {
    // A cancelled run may still be dying when its task is retried: one live run a task.
    if (load.some(run => run.task === task.id)) continue;
    const own = repository(task);
    const there = load.filter(run => run.repositoryId === task.repositoryId).length;
    if (there >= Math.min(limits.perRepository ?? Infinity, own.concurrency ?? Infinity)) continue;
    const agent = chooseAgent(task, lastRun(store, task), limits, own, load);
    if (agent !== undefined) return { id: task.id, agent };
  }
  return null;
}

type Load = ReturnType<Store['runs']['load']>;

/**
 * The asked-for profile, else the repository's, else the least loaded; after a time-out rather another one.
 * Undefined while they are busy, null when there is none.
 */
function chooseAgent(
  task: Claimable,
  last: Run | null,
  limits: Limits,
  own: ReturnType<RepositoryLimits>,
  load: Load,
) {
  const allowed = limits.profiles.filter(profile => !own.agents || own.agents.includes(profile.name));
  const wanted = allowed.filter(profile => profile.name === (task.agent ?? own.agent));
  const others =
    last?.outcome === 'timed_out' ? allowed.filter(profile => profile.name !== last.profile) : [];
  const candidates = others.length > 0 ? others : wanted.length > 0 ? wanted : task.agent ? [] : allowed;
  if (candidates.length === 0) return null;
  const free = candidates
    .map(profile => ({ ...profile, busy: slotsOf(profile, load) }))
    .filter(profile => profile.busy.length < profile.maxInstances)
    .sort((a, b) => a.busy.length / a.maxInstances - b.busy.length / b.maxInstances)[0];
  if (!free) return undefined;
  let slot = 1;
  while (free.busy.includes(slot)) slot += 1;
  return { profile: free.name, slot };
}

/** The slots of a profile that are taken. */
function slotsOf(profile: { name: string }, load: Load): number[] {
  return load.filter(run => run.profile === profile.name).map(run => run.slot);
}

function take(store: Store, task: Task, agent: { profile: string; slot: number }, now: number): Claim {
  const epoch = task.epoch + 1;
  const number = task.runs + 1;
  changeState(store, task, 'starting', now, { epoch, runs: number });
  const workspace = runName(task.id, number);
  store.runs.insert({ task: task.id, number, epoch, ...agent, workspace, session: null, startedAt: now });
  store.journal.append(now, task.id, 'run:claimed', { run: number, agent: `${agent.profile}-${agent.slot}` });
  return { task: store.tasks.get(task.id) as Task, run: store.runs.get(task.id, number) as Run };
}

function lastRun(store: Store, task: Claimable): Run | null {
  return task.runs === 0 ? null : store.runs.get(task.id, task.runs);
}

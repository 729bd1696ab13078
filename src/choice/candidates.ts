import { describeError, OrchError } from '../shared/errors.ts';
import type { Claimable } from '../store/tasks.ts';
import { type Run, runName } from '../task/glossary.ts';

/** What of a profile matters to a choice. */
export interface Profile {
  name: string;
  maxInstances: number;
  capabilities: readonly string[];
}

/** Profiles of which any may take a task, and why these; null where any may. */
export interface Candidates {
  profiles: readonly Profile[];
  why: string | null;
}

/** What is known beside the task: the run to go on with, its last one, and what its repository says. */
export interface Background {
  before: Run | null;
  last: Run | null;
  /** The repository's own agent. */
  favourite: string | null;
  /** Its vendor gives nothing for now. */
  isAtLimit(profile: Profile): boolean;
}

/**
 * The profile of the run to go on with; after a time-out or a limit rather another one than before; else the asked-for
 * one; else the repository's own and in the end any, of those with the capabilities. None: nobody here may ever take it.
 */
export function candidatesFor(task: Claimable, allowed: readonly Profile[], known: Background): Candidates {
  const { before, last, favourite, isAtLimit } = known;
  const named = (name: string | null | undefined) => allowed.filter(profile => profile.name === name);
  const capable = allowed.filter(profile => isCapable(profile, task.capabilities));
  const others = capable.filter(profile => profile.name !== last?.profile && !isAtLimit(profile));
  const skill = task.capabilities.length === 0 ? null : `capability ${task.capabilities.join(', ')}`;
  const ways: readonly Candidates[] = [
    { profiles: named(before?.profile), why: `goes on where ${before && nameOf(before)} stopped` },
    { profiles: wasStopped(last) ? others : [], why: `another one after ${last?.profile}` },
    { profiles: named(task.agent), why: 'asked for' },
  ];
  const way = ways.find(({ profiles }) => profiles.length > 0);
  if (way || task.agent !== null) return way ?? { profiles: [], why: null };
  const own = capable.filter(({ name }) => name === favourite);
  if (own.length > 0) return { profiles: own, why: "the repository's own" };
  return { profiles: capable, why: skill };
}

export function isCapable(profile: Pick<Profile, 'capabilities'>, wanted: readonly string[]): boolean {
  return wanted.every(word => profile.capabilities.includes(word));
}

/** Why a task fails that nobody may take, with the next step. */
export function refusal({ agent, capabilities }: Claimable): string {
  if (agent === null && capabilities.length > 0)
    return describeError(
      new OrchError('E_CAPABILITY', `No agent here has the capability ${capabilities.join(', ')} any more`),
    );
  const name = agent ?? 'An agent that this repository allows';
  return describeError(new OrchError('E_UNKNOWN_AGENT', `${name} is not in the settings any more`));
}

function wasStopped(last: Run | null): boolean {
  return last?.outcome === 'timed_out' || last?.outcome === 'rate_limited';
}

function nameOf(run: Run): string {
  return runName(run.task, run.number);
}

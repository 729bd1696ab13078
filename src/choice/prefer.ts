import type { Store } from '../store/open.ts';
import type { Candidates, Profile } from './candidates.ts';

export type Load = ReturnType<Store['runs']['load']>;

/** Which of the candidates that are free takes it: the one with the least share of its places taken, then the first. */
export function prefer({ profiles, why }: Candidates, isFree: (profile: Profile) => boolean, load: Load) {
  const free = profiles.filter(isFree).map(profile => ({ ...profile, busy: slotsOf(profile, load) }));
  const [first] = free.sort((a, b) => a.busy.length / a.maxInstances - b.busy.length / b.maxInstances);
  if (!first) return null;
  let slot = 1;
  while (first.busy.includes(slot)) slot += 1;
  return { profile: first.name, slot, choice: because(profiles, free, why, first) };
}

/** The slots of a profile that are taken. */
export function slotsOf(profile: Pick<Profile, 'name'>, load: Load): number[] {
  return load.filter(run => run.profile === profile.name).map(run => run.slot);
}

function because(
  all: readonly Profile[],
  free: readonly Profile[],
  why: string | null,
  { busy, maxInstances }: { busy: readonly number[]; maxInstances: number },
): string {
  if (all.length === 1) return why ?? 'the only agent';
  const how = free.length === 1 ? 'the only free one' : `least loaded, ${busy.length} of ${maxInstances}`;
  return why === null ? how : `${why}; ${how}`;
}

import { showUsd } from '../shared/amounts.ts';
import { duration } from '../shared/clock.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import type { Candidates, Profile } from './candidates.ts';
import type { Experience } from './experience.ts';

export type Load = ReturnType<Store['runs']['load']>;

/** A free candidate with what is known of its runs, and how many of it are at work. */
type Known = Profile & Experience & { busy: number };

/** Passes over who does clearly worse than another one, and says by what. */
interface Sieve {
  keep(all: readonly Known[]): readonly Known[];
  says: string;
  figure(known: Known): string;
}

const SIEVES: readonly Sieve[] = [
  { keep: mostReliable, says: 'succeeded', figure: inRuns },
  {
    keep: all => withinTwice(all, ({ seconds }) => seconds),
    says: 'takes',
    figure: ({ seconds }) => (seconds === null ? 'nobody knows how long' : duration(seconds * 1000)),
  },
  {
    keep: all => withinTwice(all, ({ usd }) => usd),
    says: 'costs',
    figure: ({ usd }) => (usd === null ? 'nobody knows what' : showUsd(usd)),
  },
];

/** Where nothing else tells agents apart, each is tried so often first. */
const ENOUGH_TRIES = 5;

/**
 * Which of the free candidates takes it, and why; null when none is free. Those that do clearly worse than another one are
 * passed over. Of the rest it is the least loaded by share, then the least tried, then the first of the settings.
 */
export function prefer(
  { profiles, why }: Candidates,
  isFree: (profile: Profile) => boolean,
  load: Load,
  experienceOf: (profile: Profile) => Experience,
) {
  const free = profiles.filter(isFree);
  const [only] = free;
  if (!only) return null;
  if (free.length === 1) {
    const how = profiles.length > 1 ? 'the only free one' : why === null ? 'the only agent' : null;
    return { ...placeOf(only, load), choice: both(why, how) };
  }
  const all = free.map(each => ({ ...each, ...experienceOf(each), busy: slotsOf(each, load).length }));
  const { left, passed } = sift(all);
  const [best] = left.toSorted((a, b) => share(a) - share(b) || tries(a) - tries(b)) as [Known];
  const better = passed.map(({ sieve, over }) => compare(sieve, best, over));
  const how = [...better, ...(left.length > 1 ? [byLoad(best, left)] : [])].join('; ');
  return { ...placeOf(best, load), choice: both(why, how) };
}

/** Who is left of these, one at least, and who was passed over by what. */
function sift(all: readonly Known[]) {
  let left = all;
  const passed: { sieve: Sieve; over: readonly Known[] }[] = [];
  for (const sieve of SIEVES) {
    const kept = sieve.keep(left);
    const over = left.filter(each => !kept.includes(each));
    if (over.length > 0) passed.push({ sieve, over });
    left = kept;
  }
  return { left, passed };
}

/** The slots of a profile that are taken. */
export function slotsOf(profile: Pick<Profile, 'name'>, load: Load): number[] {
  return load.filter(run => run.profile === profile.name).map(run => run.slot);
}

function placeOf(profile: Profile, load: Load) {
  const busy = slotsOf(profile, load);
  let slot = 1;
  while (busy.includes(slot)) slot += 1;
  return { profile: profile.name, slot };
}

/** Without those that succeed less often than another one, even if chance was against them and for that one. */
function mostReliable(all: readonly Known[]): readonly Known[] {
  const surely = Math.max(...all.map(({ expected, doubt }) => expected - doubt));
  return all.filter(({ expected, doubt }) => expected + doubt >= surely);
}

/** Without those that are known to take more than twice as much as another one. */
function withinTwice(all: readonly Known[], take: (known: Known) => number | null): readonly Known[] {
  const least = Math.min(...all.map(known => take(known) ?? Infinity));
  // Somebody is left whatever stands in the table, less than nothing too.
  return all.filter(known => (take(known) ?? least) <= Math.max(least, 2 * least));
}

function share({ busy, maxInstances }: Known): number {
  return busy / maxInstances;
}

function tries({ like }: Known): number {
  return Math.min(like.runs, ENOUGH_TRIES);
}

/** `succeeded in 11 of 12, codex in 3 of 9`. */
function compare({ says, figure }: Sieve, best: Known, over: readonly Known[]): string {
  const others = over.map(each => `${each.name} ${figure(each)}`).join(', ');
  return shorten(`${says} ${figure(best)}, ${others}`, 200);
}

function inRuns({ like, others }: Known): string {
  if (like.runs > 0) return `in ${like.succeeded} of ${like.runs}`;
  return others.runs > 0 ? `in ${others.succeeded} of ${others.runs} elsewhere` : 'in no run yet';
}

function byLoad(best: Known, left: readonly Known[]): string {
  const isEven = left.every(each => share(each) > share(best) || tries(each) <= tries(best));
  return `least loaded, ${best.busy} of ${best.maxInstances}${isEven ? '' : ', and least tried'}`;
}

function both(why: string | null, how: string | null): string {
  return [why, how].filter(text => text !== null).join('; ');
}

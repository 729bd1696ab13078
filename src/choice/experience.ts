import { median } from '../shared/median.ts';
import type { PastRun } from '../store/past.ts';
import type { Claimable } from '../store/tasks.ts';

/** What is known of a profile's runs with tasks like one. */
export interface Experience {
  /** The share that succeeds, as far as one can tell, and how far that may well be off. */
  expected: number;
  doubt: number;
  /** What runs like this came to, and the others of its newest hundred. */
  like: Tally;
  others: Tally;
  /** What a run like this takes when it succeeds, the median; null when fewer than five have. */
  seconds: number | null;
  usd: number | null;
}

interface Tally {
  succeeded: number;
  runs: number;
}

/** An agent of which nothing is known is thought to be good: as if nine of ten had succeeded. */
const PRIOR: Tally = { succeeded: 9, runs: 10 };
/** Standard deviations. With these and the prior, no single failure has an agent passed over, however good the others are. */
const DEVIATIONS = 1.5;
/** What has got better is noticed: a run counts half after a week. */
const HALF_LIFE_MS = 7 * 24 * 3600_000;
/** Another kind of task says something too, but less. */
const ELSEWHERE = 1 / 4;
const FEWEST = 5;

/** The runs whose tasks are in the same repository and asked for the same capabilities are like this one. */
export function experienceOf(
  past: readonly PastRun[],
  { repositoryId, capabilities }: Pick<Claimable, 'repositoryId' | 'capabilities'>,
  now: number,
): Experience {
  const wanted = JSON.stringify(capabilities);
  const isLike = (run: PastRun) => run.repositoryId === repositoryId && run.capabilities === wanted;
  const like = past.filter(isLike);
  const others = past.filter(run => !isLike(run));
  const evidence = { ...PRIOR };
  for (const run of past) {
    const weight = (isLike(run) ? 1 : ELSEWHERE) * 2 ** (-Math.max(0, now - run.endedAt) / HALF_LIFE_MS);
    evidence.runs += weight;
    if (isGood(run)) evidence.succeeded += weight;
  }
  const expected = evidence.succeeded / evidence.runs;
  return {
    expected,
    // Of the Beta distribution that is left of the prior after these runs.
    doubt: DEVIATIONS * Math.sqrt((expected * (1 - expected)) / (evidence.runs + 1)),
    like: tally(like),
    others: tally(others),
    ...whatItTakes(like),
  };
}

/** Work that people have turned down came to nothing, whatever its agent says. */
function isGood({ outcome, pullState }: PastRun): boolean {
  return outcome === 'succeeded' && pullState !== 'closed';
}

/** Medians of the runs that succeeded. */
function whatItTakes(past: readonly PastRun[]): Pick<Experience, 'seconds' | 'usd'> {
  const good = past.filter(isGood);
  return {
    seconds: known(good.map(run => Math.max(0, run.endedAt - run.spawnedAt) / 1000)),
    usd: known(good.flatMap(run => run.costUsd ?? [])),
  };
}

function tally(past: readonly PastRun[]): Tally {
  return { runs: past.length, succeeded: past.filter(isGood).length };
}

function known(values: readonly number[]): number | null {
  return values.length < FEWEST ? null : median(values);
}

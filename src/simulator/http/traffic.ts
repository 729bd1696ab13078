/** How much an installation has called at most, within any minute or hour. */
export interface Busiest {
  calls: number;
  creations: number;
  callsAnHour: number;
  creationsAMinute: number;
  creationsAnHour: number;
}

/** Counts what installations call, for tests that ask whether they keep to GitHub's limits. */
export class Traffic {
  readonly #calls = new Map<number, { all: number[]; creating: number[] }>();

  note(installation: number, method: string, path: string, now: number): void {
    const calls = this.#calls.get(installation) ?? { all: [], creating: [] };
    this.#calls.set(installation, calls);
    calls.all.push(now);
    // GitHub's word is "content-generating requests".
    if (method === 'POST' && /\/(comments|pulls|check-runs|replies|reviews|issues)$/.test(path))
      calls.creating.push(now);
  }

  busiest(installation: number): Busiest {
    const { all, creating } = this.#calls.get(installation) ?? { all: [], creating: [] };
    return {
      calls: all.length,
      creations: creating.length,
      callsAnHour: mostWithin(all, 3600_000),
      creationsAMinute: mostWithin(creating, 60_000),
      creationsAnHour: mostWithin(creating, 3600_000),
    };
  }
}

/** The most of these times in any window of that length. */
function mostWithin(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  let first = 0;
  let most = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[first] as number) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

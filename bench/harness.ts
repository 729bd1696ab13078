/** One comparison of Orch with its bare counterpart; each file beside this one holds one. */
export interface Benchmark {
  /** Its name in the JSON. */
  key: string;
  unit: 'ms' | 'MB';
  compare: 'ratio' | 'difference';
  /** The largest value that is hoped for. Nothing happens above it: this measures. */
  wanted: number;
  /** Of one that takes long: more pairs are not taken. */
  mostPairs?: number;
  /** What this machine lacks for it, and the way to get it; null where it can be measured. */
  lacks?(): string | null;
  measure(context: Context): Promise<Measured>;
}

export interface Context {
  /** How many pairs are counted. */
  pairs: number;
  /** An empty folder, removed afterwards. */
  directory: string;
  /** Aborted when somebody wants to stop: everything that is waited for ends then. */
  signal: AbortSignal;
}

export interface Measured {
  ours: number[];
  bare: number[];
  /** Absolute figures that the specification limits. */
  ceilings?: Ceiling[];
}

export interface Ceiling {
  what: string;
  samples: number[];
  /** In milliseconds. */
  limit: number;
}

/**
 * Takes both samples again and again, one right after the other, so that what else the machine does meets both. They
 * take turns in beginning; the first pair warms up and is not counted.
 */
export async function interleave(
  { pairs, signal }: Context,
  ours: () => Promise<number> | number,
  bare: () => Promise<number> | number,
): Promise<{ ours: number[]; bare: number[] }> {
  const taken = { ours: [] as number[], bare: [] as number[] };
  for (let pair = 0; pair <= pairs; pair += 1) {
    const order = pair % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const);
    for (const side of order) {
      signal.throwIfAborted();
      const sample = await (side === 'ours' ? ours() : bare());
      if (pair > 0) taken[side].push(sample);
    }
  }
  return taken;
}

/** The median over the pairs of what the benchmark compares: single outliers of either side have no say. */
export function judge({ compare }: Benchmark, { ours, bare }: Measured): number {
  const values = ours.map((value, index) => {
    const other = bare[index] as number;
    return compare === 'ratio' ? value / other : value - other;
  });
  return median(values);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low as number) + (high as number)) / 2;
}

/** How long a call took, in milliseconds. */
export async function timed(call: () => unknown): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

import { type Lane, openLane } from './lane.ts';
import { type Census, describeJob, type Plan, plan, seeded } from './plan.ts';
import { type Job, type Played, play } from './play.ts';
import { STORIES } from './stories.ts';

export interface RunOptions {
  /** For each point. */
  kills: number;
  seed: number;
  /** Only points whose name contains this. */
  point?: string;
  /** Kills in all; each point has its own unless told. */
  most?: number;
  /** Stories at once, each on a simulated GitHub of its own. */
  lanes: number;
  /** When it is aborted, no kill begins any more. */
  signal?: AbortSignal;
  progress(line: string): void;
}

export interface PointResult {
  point: string;
  kills: number;
  /** Kills after which not everything held: how to repeat them, and what did not hold. */
  violations: string[];
}

/** A story goes another way now and then, and does not come by its point so often: then the first time is taken. */
const TRIES = 3;

/** Plays every story once to learn which points there are, then kills the daemon at each of them. */
export async function runKills(options: RunOptions): Promise<PointResult[]> {
  const census: Census = {};
  await inLanes(options, Object.keys(STORIES), async (pool, story) => {
    const played = await pool.play({ story, armed: null, down: 'nothing' });
    if (played.violations.length > 0)
      throw new Error(`${story}, without any kill: ${played.violations.join('; ')}`);
    census[story] = played.passed;
  });
  const plans = plan(census, options.kills, seeded(options.seed));
  const wanted = plans.filter(({ point }) => point.includes(options.point ?? ''));
  const jobs = interleaved(wanted, seeded(options.seed)).slice(0, options.most);
  options.progress(`${wanted.length} crash points, ${jobs.length} kills, seed ${options.seed}`);
  const results = new Map(
    wanted.map(({ point }) => [point, { point, kills: 0, violations: [] } as PointResult]),
  );
  let done = 0;
  await inLanes(options, jobs, async (pool, { point, job }) => {
    const result = results.get(point) as PointResult;
    const { killed, violations, played } = await pool.kill(job);
    // Who stops it from a terminal stops daemons and their git as well.
    if (options.signal?.aborted) return;
    done += 1;
    if (killed) result.kills += 1;
    if (violations.length > 0) result.violations.push(`${describeJob(played)}: ${violations.join('; ')}`);
    const held =
      violations.length > 0 ? `VIOLATED: ${violations.join('; ')}` : killed ? 'held' : 'not reached';
    options.progress(`${done}/${jobs.length} ${describeJob(played)}: ${held}`);
  });
  return [...results.values()];
}

/** One kill of each point in an order that is drawn, then another one of each: a short run sees others with each seed. */
function interleaved(plans: readonly Plan[], random: () => number): { point: string; job: Job }[] {
  const rows = plans.flatMap(({ point, jobs }) =>
    jobs.map((job, index) => ({ point, job, order: index + random() })),
  );
  return rows.toSorted((a, b) => a.order - b.order);
}

interface Pool {
  play(job: Job): Promise<Played>;
  kill(job: Job): Promise<Played & { played: Job }>;
}

async function inLanes<T>(
  { lanes, signal }: RunOptions,
  work: readonly T[],
  each: (pool: Pool, item: T) => Promise<void>,
): Promise<void> {
  const queue = [...work];
  const lane = async () => {
    await using pool = openPool();
    for (let item = queue.shift(); item !== undefined && !signal?.aborted; item = queue.shift())
      await each(pool, item);
  };
  // Each lane is closed, also when another one fails.
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, queue.length) }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** A lane that is replaced when it got stuck. */
function openPool(): Pool & AsyncDisposable {
  let lane: Lane | null = null;
  const close = async () => {
    await lane?.[Symbol.asyncDispose]();
    lane = null;
  };
  const playOnce = async (job: Job) => {
    lane ??= await openLane();
    const played = await play(lane, job);
    if (played.stuck) await close();
    return played;
  };
  return {
    play: playOnce,
    async kill(job) {
      let next = job;
      for (let tries = 1; ; tries += 1) {
        const played = await playOnce(next);
        if (played.killed || played.violations.length > 0 || tries === TRIES)
          return { ...played, played: next };
        next = { ...job, armed: job.armed && { ...job.armed, hit: 1 } };
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

import type { Job } from './play.ts';

/** How often each story passes each `point:moment`, as played without a kill. */
export type Census = Record<string, Record<string, number>>;

/** The kills of one point. */
export interface Plan {
  point: string;
  jobs: Job[];
}

type Passing = { story: string; times: number };

/**
 * So many kills for each point: its moments (before, during, after) in turn, each in the stories that pass it in turn,
 * at a time that is drawn, and in half of them something happens while the daemon is down.
 */
export function plan(census: Census, kills: number, random: () => number): Plan[] {
  const points = new Map<string, Map<string, Passing[]>>();
  for (const [story, passed] of Object.entries(census)) {
    for (const [key, times] of Object.entries(passed)) {
      const point = key.slice(0, key.lastIndexOf(':'));
      const moments = points.get(point) ?? new Map<string, Passing[]>();
      points.set(point, moments.set(key, [...(moments.get(key) ?? []), { story, times }]));
    }
  }
  return [...points]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([point, moments]) => ({
      point,
      jobs: Array.from({ length: kills }, (_, index) => draw([...moments], index, random)),
    }));
}

function draw(moments: [string, Passing[]][], index: number, random: () => number): Job {
  const [point, stories] = moments[index % moments.length] as [string, Passing[]];
  const turn = Math.floor(index / moments.length) + Math.floor(random() * stories.length);
  const { story, times } = stories[turn % stories.length] as Passing;
  const hit = 1 + Math.floor(random() * times);
  const down =
    (['nothing', 'cancel', 'nothing', 'redeliver'] as const)[Math.floor(random() * 4)] ?? 'nothing';
  return { story, armed: { point, hit }, down };
}

/** `plain @ git push:after #1 cancel`, for replaying it. */
export function describeJob({ story, armed, down }: Job): string {
  return `${story} @ ${armed?.point} #${armed?.hit} ${down}`;
}

export function parseJob(text: string): Job {
  const [, story, point, hit, down] = /^(.+) @ (.+) #(\d+) (nothing|cancel|redeliver)$/.exec(text) ?? [];
  if (!story || !point) throw new Error(`${text} is no kill, such as: plain @ git push:after #1 cancel`);
  return { story, armed: { point, hit: Number(hit) }, down: down as Job['down'] };
}

/** The same row of numbers from 0 to 1 for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

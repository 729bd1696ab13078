import { isoTime } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { UsedRun } from '../store/usage.ts';
import type { RunOutcome } from '../task/glossary.ts';
import { type Standing, standings } from './standings.ts';

/** What runs came to and used. Of null nothing is known. */
export interface Totals {
  tasks: number;
  runs: number;
  outcomes: Partial<Record<RunOutcome | 'live', number>>;
  /** With an agent at work, in all. */
  seconds: number;
  /** `input` is all that was sent, `cached` the part of it from a cache. */
  tokens: { input: number; cached: number; output: number } | null;
  cost: {
    usd: number | null;
    /** As the CLIs said, and as the prices in the settings make it. */
    reported_usd: number | null;
    computed_usd: number | null;
    /** Runs whose agent may have cost something, and nobody knows what. */
    unknown_runs: number;
  };
}

export interface Report {
  since: string;
  until: string;
  /** A run counts for the day, in UTC, on which it began. */
  rows: ({ day: string; repository: string; agent: string } & Totals)[];
  total: Totals;
  /** How each agent has done in them. */
  agents: Standing[];
}

/** What was done and what it took, by day, repository and agent, of the runs since a time (ms). */
export function report(store: Store, since: number, now: number): Report {
  const groups = new Map<string, Sum>();
  const all = openSum();
  const runs = [...store.usage.runsSince(since)];
  for (const run of runs) {
    const key = JSON.stringify([isoTime(run.startedAt).slice(0, 10), run.repository, run.profile]);
    const group = groups.get(key) ?? openSum();
    groups.set(key, group);
    for (const sum of [group, all]) sum.add(run, now);
  }
  const rows = [...groups].map(([key, sum]) => {
    const [day, repository, agent] = JSON.parse(key) as [string, string, string];
    return { day, repository, agent, ...sum.totals() };
  });
  return { since: isoTime(since), until: isoTime(now), rows, total: all.totals(), agents: standings(runs) };
}

/** `7d`, `12h`, or a date such as `2026-11-01`: when that was (ms). Errors: E_USAGE. */
export function parseSince(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (unit === 'd' ? 86_400_000 : 3_600_000);
  const date = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date))
    throw new OrchError('E_USAGE', `\`since\` must be like 7d, 12h or 2026-11-01, not ${text.slice(0, 60)}`);
  return date;
}

type Sum = ReturnType<typeof openSum>;

function openSum() {
  const tasks = new Set<number>();
  const outcomes: Totals['outcomes'] = {};
  const cost: Record<'reported' | 'computed', number | null> = { reported: null, computed: null };
  let [runs, milliseconds, unknown] = [0, 0, 0];
  let tokens: Totals['tokens'] = null;
  return {
    add(run: UsedRun, now: number): void {
      tasks.add(run.task);
      runs += 1;
      const outcome = run.outcome ?? 'live';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      tokens = addTokens(tokens, run);
      if (run.spawnedAt !== null) milliseconds += Math.max(0, (run.endedAt ?? now) - run.spawnedAt);
      if (run.costUsd !== null && run.costSource !== null)
        cost[run.costSource] = (cost[run.costSource] ?? 0) + run.costUsd;
      else if (run.spawnedAt !== null) unknown += 1;
    },
    totals(): Totals {
      const { reported, computed } = cost;
      const usd = reported === null && computed === null ? null : (reported ?? 0) + (computed ?? 0);
      return {
        tasks: tasks.size,
        runs,
        outcomes,
        seconds: Math.round(milliseconds / 1000),
        tokens,
        cost: { usd, reported_usd: reported, computed_usd: computed, unknown_runs: unknown },
      };
    },
  };
}

function addTokens(sum: Totals['tokens'], run: UsedRun): Totals['tokens'] {
  const { inputTokens, cachedTokens, outputTokens } = run;
  if (inputTokens === null && outputTokens === null) return sum;
  const { input, cached, output } = sum ?? { input: 0, cached: 0, output: 0 };
  return {
    input: input + (inputTokens ?? 0),
    cached: cached + (cachedTokens ?? 0),
    output: output + (outputTokens ?? 0),
  };
}

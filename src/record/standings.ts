import { median } from '../shared/median.ts';
import type { UsedRun } from '../store/usage.ts';

/** How an agent has done in runs that are over, and that neither people nor its vendor's limit ended. */
export interface Standing {
  agent: string;
  runs: number;
  succeeded: number;
  /** Of those that succeeded; null where none did, or told what it cost. */
  median_seconds: number | null;
  median_usd: number | null;
}

const TELLING: readonly (string | null)[] = ['succeeded', 'failed', 'crashed', 'timed_out'];

/** How the agents of these runs have done, by name. */
export function standings(runs: readonly UsedRun[]): Standing[] {
  const over = runs.filter(run => run.spawnedAt !== null && TELLING.includes(run.outcome));
  const byAgent = Map.groupBy(over, run => run.profile);
  return [...byAgent.keys()].sort().map(agent => standing(agent, byAgent.get(agent) ?? []));
}

function standing(agent: string, runs: readonly UsedRun[]): Standing {
  const good = runs.filter(run => run.outcome === 'succeeded');
  const seconds = good.map(run => Math.max(0, (run.endedAt ?? 0) - (run.spawnedAt ?? 0)) / 1000);
  return {
    agent,
    runs: runs.length,
    succeeded: good.length,
    median_seconds: median(seconds),
    median_usd: median(good.flatMap(run => run.costUsd ?? [])),
  };
}

import { type Amount, least } from '../shared/amounts.ts';

/** The server's bounds; null is none. */
export interface Budgets {
  task: Amount | null;
  repositoryDay: Amount | null;
  day: Amount | null;
}

const NO_BOUND: Amount = { usd: null, tokens: null };

/** What a task may take: as much as its comment says, else its repository, and never more than the server allows. */
export function budgetOf(
  wanted: Amount | null | undefined,
  repository: Amount | null,
  server: Amount | null,
): { budgetUsd: number | null; budgetTokens: number | null } {
  const { usd, tokens } = least(wanted ?? repository ?? NO_BOUND, server ?? NO_BOUND);
  return { budgetUsd: usd, budgetTokens: tokens };
}

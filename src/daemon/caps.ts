import type { Budgets } from '../config/budgets.ts';
import { type Amount, shareOf, showAmount } from '../shared/amounts.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';

/** A budget that bounds a task, and what is spent of it. */
export interface Cap {
  /** `its budget`, for people. */
  name: string;
  budget: Amount;
  spent: Amount;
  /** When what it holds back goes on by itself (ms); null: when a person says so. */
  until: number | null;
  /** The next step, once it is spent. */
  remedy: string;
}

export type Capped = Pick<Task, 'id' | 'repositoryId' | 'budgetUsd' | 'budgetTokens' | 'budgetFrom'>;

const DAY_MS = 86_400_000;

/** Its own budget, and those of the day, in UTC, that a run of it counts for which begins at this time (ms). */
export function capsOf(store: Store, budgets: Budgets, task: Capped, at: number): Cap[] {
  const caps: Cap[] = [];
  const own = { usd: task.budgetUsd, tokens: task.budgetTokens };
  if (own.usd !== null || own.tokens !== null) {
    const remedy = 'resuming it grants the same again';
    caps.push({ name: 'its budget', budget: own, spent: store.usage.spent(task), until: null, remedy });
  }
  const from = at - (at % DAY_MS);
  const day = { until: from + DAY_MS, remedy: 'before the next day only more in orch.yaml helps' };
  const ofDay = (repository: number | null) => store.usage.startedWithin(from, day.until, repository);
  if (budgets.repositoryDay !== null) {
    const spent = ofDay(task.repositoryId);
    caps.push({ ...day, name: "this repository's budget for the day", budget: budgets.repositoryDay, spent });
  }
  if (budgets.day !== null)
    caps.push({ ...day, name: 'the budget for the day', budget: budgets.day, spent: ofDay(null) });
  return caps;
}

export function isSpent({ spent, budget }: Cap): boolean {
  return shareOf(spent, budget) >= 1;
}

/** `1.70 USD`: what is known to be spent, in the terms of the budget. */
export function spentOf({ spent, budget }: Cap): string {
  const told = (part: keyof Amount) => (budget[part] === null ? null : spent[part]);
  return showAmount({ usd: told('usd'), tokens: told('tokens') });
}

/** Why a task waits, for people, with the next step. */
export function reasonOf(cap: Cap): string {
  return `${cap.name} of ${showAmount(cap.budget)} is spent (${spentOf(cap)}): ${cap.remedy}`;
}

import type { Store } from '../store/open.ts';
import type { DoneTask } from '../store/past.ts';
import type { Quote, Spread } from '../store/plans.ts';
import { PRIORITIES, type Task } from '../task/glossary.ts';

/** Of fewer nothing can be said. */
const FEWEST = 3;
/** What is above the tenth that took most is above what is expected. */
const CAP_OVER_HIGH = 1.5;

/**
 * By what completed tasks have taken: of the same agent in the same repository, else of this agent, else in this repository.
 * `capUsd` is the task's own budget, where it has one.
 */
export function quoteOf(store: Store, task: Task, profile: string, now: number): Quote {
  const done = store.past.done();
  const isHere = ({ repositoryId }: DoneTask) => repositoryId === task.repositoryId;
  const isBy = (each: DoneTask) => each.profile === profile;
  const groups: [from: string, tasks: DoneTask[]][] = [
    [`tasks of ${profile} in this repository`, done.filter(each => isHere(each) && isBy(each))],
    [`tasks of ${profile}`, done.filter(isBy)],
    ['tasks in this repository', done.filter(isHere)],
  ];
  const [from, alike] = groups.find(([, tasks]) => tasks.length >= FEWEST) ?? [null, []];
  const usd = spreadOf(alike.flatMap(({ costUsd }) => costUsd ?? []));
  const seconds = spreadOf(alike.map(({ took }) => took / 1000));
  const { ahead, atWork } = placeOf(store, task, now);
  return { usd, seconds, from, ahead, atWork, capUsd: task.budgetUsd ?? capFor(usd) };
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length < FEWEST) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return { expected: at(0.5), low: at(0.1), high: at(0.9), of: sorted.length };
}

/** In whole cents. */
function capFor(usd: Spread | null): number | null {
  return usd === null ? null : Math.ceil(usd.high * CAP_OVER_HIGH * 100) / 100;
}

/** Queued now it would come after those of a higher priority, and those of its own that are older. */
function placeOf(store: Store, task: Task, now: number): Pick<Quote, 'ahead' | 'atWork'> {
  const rankOf = ({ priority }: Task) => PRIORITIES.indexOf(priority);
  let ahead = 0;
  for (const { id } of store.tasks.claimable(now)) {
    const order = rankOf(store.tasks.get(id) as Task) - rankOf(task);
    if (order < 0 || (order === 0 && id < task.id)) ahead += 1;
  }
  return { ahead, atWork: store.runs.load().filter(run => run.task !== task.id).length };
}

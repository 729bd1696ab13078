import type { Progress } from '../agent/watch/progress.ts';
import { costOf, type Prices } from '../config/prices.ts';
import type { Settings } from '../config/settings.ts';
import { pause } from '../queue/change.ts';
import { shareOf, showAmount } from '../shared/amounts.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { Usage } from '../store/usage.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { type Cap, type Capped, capsOf, isSpent, reasonOf, spentOf } from './caps.ts';
import { modelOf } from './model.ts';

export interface KeeperOptions {
  store: Store;
  clock: Clock;
  log: Log;
  settings: Pick<Settings, 'prices' | 'profiles' | 'budgets'>;
  /** The run's CLI has come to its end: what becomes of the task is for the scheduler to say. */
  isOver(run: Run): boolean;
}

export interface Keeper {
  /** Takes what a run's CLI has told of itself so far. It may be told again, and of a run that has ended meanwhile. */
  heard(run: Run, progress: Progress): void;
  /** Whether no budget that is spent stands against another run of a task now. */
  mayStart(task: Capped): boolean;
  stop(): Promise<void>;
}

/** People are told when this part of a budget is spent. */
const WARN_AT = 0.8;

/**
 * Keeps the books of runs: writes down what their CLIs tell of session and usage, and that people's words arrived. Whom
 * a spent budget stands against it pauses: a run at the word of its CLI, and a task that would start another one.
 */
export function openKeeper(options: KeeperOptions): Keeper {
  const { store, clock, log, settings } = options;
  const rounds = keyedRounds({
    clock,
    work: async (task: number) => hold(task),
    failed: (task: number, err) =>
      log.error({ task: taskName(task), err }, 'its budget could not be looked at'),
  });
  const news = store.journal.onAppend(rounds.wake);
  for (const task of store.tasks.going()) rounds.wake(task);

  /** True when what the run has used is news. */
  function keep(run: Run, progress: Progress): boolean {
    if (progress.session !== null && progress.session !== store.runs.get(run.task, run.number)?.session)
      store.runs.update(run, { session: progress.session });
    if (progress.events > 0) confirmInputs(run);
    const usage = usageOf(progress, progress.model ?? modelOf(options, run), settings.prices);
    const before = store.usage.ofRun(run.task, run.number);
    if (usage === null || (before !== null && isSame(before, usage))) return false;
    store.usage.write({ task: run.task, run: run.number, ...usage, at: clock.now() });
    return true;
  }

  /** What a run was given before it began has been heard when its CLI goes on. */
  function confirmInputs(run: Run): void {
    for (const { id, run: given } of store.inputs.waiting(run.task)) {
      if (given === run.number && store.inputs.arrived(id, clock.now()))
        store.journal.append(clock.now(), run.task, 'input:arrived', { input: id });
    }
  }

  /** Holds a task that goes on by itself to the budgets that bound it. */
  function hold(id: number): null {
    const task = store.tasks.get(id);
    if (!task || !['queued', 'starting', 'running'].includes(task.state)) return null;
    const live = store.runs.liveOf(id);
    const run = live?.epoch === task.epoch ? live : null;
    const caps = capsOf(store, settings.budgets, task, run?.startedAt ?? clock.now());
    const spent = caps.find(isSpent);
    if (spent === undefined) {
      if (run) warn(task, run, caps);
    } else if (run === null || (run.doneAt === null && !options.isOver(run))) {
      pause(store, id, reasonOf(spent), spent.until, clock.now());
    }
    return null;
  }

  /** Tells, once each, that most of a budget is spent, and that one can't be held. */
  function warn(task: Task, run: Run, caps: readonly Cap[]): void {
    const near = caps.find(({ spent, budget }) => shareOf(spent, budget) >= WARN_AT);
    if (near && !task.budgetWarned) {
      store.transaction(() => {
        if (!store.tasks.update(task.id, task.epoch, { budgetWarned: true })) return;
        const budget = `${near.name} of ${showAmount(near.budget)}`;
        store.journal.append(clock.now(), task.id, 'budget:warned', { spent: spentOf(near), budget });
      });
    }
    const unheld = capUnheld(run, caps);
    if (unheld === null || store.journal.ofTask(task.id).some(({ type }) => type === 'budget:unknown'))
      return;
    store.journal.append(clock.now(), task.id, 'budget:unknown', unheld);
  }

  /** A budget of which nobody knows what is spent, because of this model; null, by a CLI that tells nothing at all. */
  function capUnheld(run: Run, caps: readonly Cap[]): { model: string | null; budget: string } | null {
    const [first] = caps;
    const profile = settings.profiles.find(({ name }) => name === run.profile);
    const used = store.usage.ofRun(run.task, run.number);
    if (first && used === null && profile?.events.length === 0)
      return { model: null, budget: `${first.name} of ${showAmount(first.budget)}` };
    const inMoney = caps.find(({ budget }) => budget.usd !== null);
    if (!inMoney || used === null || used.costUsd !== null) return null;
    const budget = `${inMoney.name} of ${showAmount({ ...inMoney.budget, tokens: null })}`;
    return { model: used.model, budget };
  }

  return {
    heard(run, progress) {
      try {
        if (!store.transaction(() => keep(run, progress))) return;
        hold(run.task);
        // A day's budget is the others' too.
        const { repositoryDay, day } = settings.budgets;
        if (repositoryDay !== null || day !== null) for (const task of store.tasks.going()) rounds.wake(task);
      } catch (err) {
        log.error({ run: runName(run.task, run.number), err }, 'what a run used could not be written');
      }
    },
    mayStart: task => !capsOf(store, settings.budgets, task, clock.now()).some(isSpent),
    async stop() {
      news[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

type Used = Omit<Usage, 'task' | 'run' | 'at'>;

/**
 * What a run has used, by its CLI's own words; null while it has told of nothing. A CLI that names no price for its
 * tokens, or one of 0, does not know it: then the settings' prices count, and without one the cost is unknown.
 */
export function usageOf(
  { usage, costUsd }: Pick<Progress, 'usage' | 'costUsd'>,
  model: string | null,
  prices: Prices,
): Used | null {
  if (usage === null && costUsd === null) return null;
  const tokens = {
    inputTokens: usage?.input ?? null,
    cachedTokens: usage?.cached ?? null,
    outputTokens: usage?.output ?? null,
  };
  if (costUsd !== null && (costUsd > 0 || usage === null))
    return { model, ...tokens, costUsd, costSource: 'reported' };
  const computed = usage && costOf(usage, model, prices);
  return { model, ...tokens, costUsd: computed, costSource: computed === null ? null : 'computed' };
}

function isSame(before: Usage, now: Used): boolean {
  return Object.entries(now).every(([field, value]) => before[field as keyof Used] === value);
}

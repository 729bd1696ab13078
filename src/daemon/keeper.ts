import type { Progress } from '../agent/watch/progress.ts';
import { costOf, type Prices } from '../config/prices.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import type { Usage } from '../store/usage.ts';
import { type Run, runName } from '../task/glossary.ts';

export interface KeeperOptions {
  store: Store;
  clock: Clock;
  log: Log;
  settings: Pick<Settings, 'prices' | 'profiles'>;
}

/** Keeps the books of runs: writes down what their CLIs tell of session and usage, and that people's words arrived. */
export function openKeeper(options: KeeperOptions) {
  const { store, clock, log, settings } = options;

  function keep(run: Run, progress: Progress): void {
    if (progress.session !== null && progress.session !== store.runs.get(run.task, run.number)?.session)
      store.runs.update(run, { session: progress.session });
    if (progress.events > 0) confirmInputs(run);
    const usage = usageOf(progress, progress.model ?? modelOf(run), settings.prices);
    const before = store.usage.ofRun(run.task, run.number);
    if (usage === null || (before !== null && isSame(before, usage))) return;
    store.usage.write({ task: run.task, run: run.number, ...usage, at: clock.now() });
  }

  /** The model that a run was started with, where its CLI names none. */
  function modelOf(run: Run): string | null {
    const profile = settings.profiles.find(each => each.name === run.profile);
    return store.tasks.get(run.task)?.model ?? profile?.model ?? null;
  }

  /** What a run was given before it began has been heard when its CLI goes on. */
  function confirmInputs(run: Run): void {
    for (const { id, run: given } of store.inputs.waiting(run.task)) {
      if (given === run.number && store.inputs.arrived(id, clock.now()))
        store.journal.append(clock.now(), run.task, 'input:arrived', { input: id });
    }
  }

  return {
    /** Takes what a run's CLI has told of itself so far. It may be told again, and of a run that has ended meanwhile. */
    heard(run: Run, progress: Progress): void {
      try {
        store.transaction(() => keep(run, progress));
      } catch (err) {
        log.error({ run: runName(run.task, run.number), err }, 'what a run used could not be written');
      }
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

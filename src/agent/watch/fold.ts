import type { LimitRule, RefusalRule } from '../../config/profiles/rules.ts';
import { shorten } from '../../shared/text.ts';
import { findLimit, isRefusal, type Limit } from './limit.ts';
import type { Progress } from './progress.ts';
import type { Told } from './told.ts';
import { openUsage, type UsedBefore } from './usage.ts';

export interface FoldOptions {
  limits: readonly LimitRule[];
  refusals: readonly RefusalRule[];
  usedBefore: UsedBefore;
  now(): number;
}

export interface Fold {
  readonly progress: Progress;
  tell(told: Told): void;
  /**
   * To be called `LONG_WAIT_MS` after a silent retry: a CLI that has said nothing since waits out a limit, without saying
   * how long. Gives when to be called again (ms from now); null when nothing is waited for.
   */
  waited(): number | null;
}

/** A call that was refused now and then is the CLI's own business; this often in a row, or for longer, it is a limit. */
const RETRIES = 3;
export const LONG_WAIT_MS = 60_000;
const LONGEST_TEXT = 4000;
const LONGEST_REASON = 1000;

/** Sums up what a CLI tells of itself. */
export function openFold({ limits, refusals, usedBefore, now }: FoldOptions): Fold {
  let progress: Progress = {
    state: 'starting',
    since: now(),
    ...{ session: null, model: null, text: null, activity: null, events: 0 },
    ...{ usage: null, costUsd: null, retries: 0, limit: null, end: null },
  };
  const usage = openUsage(usedBefore);
  let retriesInARow = 0;
  let refused: { limit: Limit; at: number } | null = null;
  let last: Told['as'] | null = null;

  function changes(told: Told): Partial<Progress> {
    switch (told.as) {
      case 'session':
        return { session: told.id ?? progress.session, model: told.model ?? progress.model };
      case 'text': {
        const before = told.goesOn && last === 'text' ? (progress.text ?? '') : '';
        return { ...works(), text: shorten(before + told.text, LONGEST_TEXT) };
      }
      case 'tool':
        return { ...works(), activity: told.detail === null ? told.name : `${told.name} ${told.detail}` };
      case 'usage':
        // A step's is news of the model; a sum is told by a CLI that came to nothing, too.
        return { ...(told.mode === 'add' && told.tokens.output > 0 ? works() : {}), ...usage.add(told) };
      case 'retry': {
        retriesInARow += 1;
        const retries = progress.retries + 1;
        const limit = findLimit(limits, told, now());
        if (lasts(limit, told.delay)) return { retries, limit, state: 'limited' };
        refused = told.silent ? limit && { limit, at: now() } : null;
        // It may try on for long; if it is let in after all, it is at work again.
        return limit === null && isRefusal(refusals, told)
          ? { retries, state: 'ended', end: failure(told.message, true) }
          : { retries };
      }
      case 'end': {
        // Interrupted when all was said, it may say that it failed.
        if (progress.end?.ok && told.failed) return {};
        const text = told.text ?? progress.text;
        refused = null;
        if (!told.failed)
          return { state: 'ended', text, limit: null, end: { ok: true, reason: null, permanent: false } };
        const message = told.message ?? told.text ?? 'the agent says that it failed';
        // Interrupted for a limit or a refusal, it ends with another message.
        const limit = findLimit(limits, { ...told, message, reset: null }, now()) ?? progress.limit;
        const isForGood = limit === null && isRefusal(refusals, { ...told, message });
        const end = progress.end?.permanent && !isForGood ? progress.end : failure(message, isForGood);
        return { state: 'ended', text, limit, end };
      }
      default:
        return told satisfies never;
    }
  }

  function works(): Partial<Progress> {
    retriesInARow = 0;
    refused = null;
    return { state: 'working', events: progress.events + 1, limit: null, end: null };
  }

  function lasts(limit: Limit | null, delay: number | null): boolean {
    if (limit === null) return false;
    const wait = Math.max(delay ?? 0, (limit.until ?? 0) - now());
    return limit.kind === 'usage' || retriesInARow >= RETRIES || wait > LONG_WAIT_MS;
  }

  return {
    get progress() {
      return progress;
    },
    tell(told) {
      const patch = changes(told);
      const since = patch.state !== undefined && patch.state !== progress.state ? now() : progress.since;
      progress = { ...progress, ...patch, since };
      if (told.as !== 'usage' && told.as !== 'session') last = told.as;
    },
    waited() {
      if (refused === null) return null;
      const left = refused.at + LONG_WAIT_MS - now();
      if (left > 0) return left;
      progress = { ...progress, limit: refused.limit, state: 'limited', since: now() };
      refused = null;
      return null;
    },
  };
}

function failure(reason: string, permanent: boolean): NonNullable<Progress['end']> {
  return { ok: false, reason: shorten(reason, LONGEST_REASON), permanent };
}

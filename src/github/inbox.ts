import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Delivery } from '../store/inbox.ts';
import type { Store } from '../store/open.ts';
import { githubMessage, hasStatus, isRefusal } from './client.ts';

export interface InboxOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Handles one delivery; it may be called again for the same one after a crash or an error. */
  handle(delivery: Delivery): Promise<void>;
}

/** The payload is read again in its turn: many may wait. */
type Waiting = Pick<Delivery, 'id' | 'delivery' | 'event'>;

/** Kept as long as GitHub keeps its own log and a little longer, so that redeliveries are recognised. */
const KEEP_MS = 7 * 24 * 3600 * 1000;
const TRIES = 10;
const FORGET_EVERY_MS = 3600 * 1000;
/** How long handled deliveries may wait for others to share their commit, which is the dearest part of most. */
const SHARE_MS = 50;
/** Reading parses payloads, and deliveries that come in meanwhile wait for their answer. */
const READ_AT_ONCE = 50;
/** Of one installation: its calls may have to wait for GitHub's limits, which must hold up no other's. */
const AT_ONCE = 4;

/**
 * Works through the recorded deliveries. Those of one issue or pull request are handled one after the other, as they
 * came; one that fails is tried again later and holds up no other place. A crash repeats what was not noted yet.
 */
export function startInbox(options: InboxOptions) {
  const { store, clock, log } = options;
  const lanes = new Map<string, Waiting[]>();
  let readUpTo = 0;
  let notes: (() => void)[] = [];
  let noting: Disposable | null = null;

  const work = keyedRounds({
    clock,
    work: handleFirst,
    failed: (lane: string, error) =>
      log.warn({ ...lanes.get(lane)?.[0], why: reason(error) }, 'delivery will be tried again'),
    longestMs: 300_000,
    atOnce: AT_ONCE,
    groupOf: lane => lane.split(' ')[0] as string,
  });
  const desk = keyedRounds({
    clock,
    work: async (chore: () => number | null) => chore(),
    failed: (_, err) => log.error({ err }, 'the inbox could not be read or written'),
  });
  const wake = () => desk.wake(read);
  wake();
  desk.wake(forget);

  /** Puts new deliveries into their lanes, some at a time. */
  function read(): number | null {
    for (let count = 0; count < READ_AT_ONCE; count += 1) {
      const found = store.inbox.next(readUpTo);
      if (!found) return null;
      const { id, delivery, event } = found;
      const lane = laneOf(found);
      const waiting = lanes.get(lane) ?? [];
      lanes.set(lane, waiting);
      waiting.push({ id, delivery, event });
      readUpTo = id;
      // What waits for another try goes first, in its time.
      if (!work.isFailing(lane)) work.wake(lane);
    }
    return clock.now();
  }

  async function handleFirst(lane: string): Promise<null> {
    const waiting = lanes.get(lane) ?? [];
    const delivery = waiting[0] && store.inbox.get(waiting[0].id);
    if (delivery) await handle(delivery);
    waiting.shift();
    if (waiting.length > 0) work.wake(lane);
    else lanes.delete(lane);
    return null;
  }

  /** Throws when it is to be tried again. */
  async function handle(delivery: Delivery): Promise<void> {
    const { id, event, delivery: guid, tries } = delivery;
    try {
      await options.handle(delivery);
      note(() => store.inbox.handled(id, clock.now()));
    } catch (error) {
      const why = reason(error);
      if (!isHopeless(error, delivery, clock.now())) {
        note(() => store.inbox.failed(id, why));
        throw error;
      }
      log.error({ delivery: guid, event, tries, why }, 'delivery could not be handled and is given up');
      note(() => store.inbox.givenUp(id, clock.now(), why));
    }
  }

  function note(what: () => void): void {
    notes.push(what);
    noting ??= clock.after(SHARE_MS, () => desk.wake(write));
  }

  /** What can't be written stays to be written. */
  function write(): null {
    noting?.[Symbol.dispose]();
    store.transaction(() => {
      for (const note of notes) note();
    });
    notes = [];
    noting = null;
    return null;
  }

  /** Reads the whole inbox, so not each time. */
  function forget(): number {
    store.inbox.forget(clock.now() - KEEP_MS);
    return clock.now() + FORGET_EVERY_MS;
  }

  return {
    /** There may be new deliveries. */
    wake,
    async stop(): Promise<void> {
      await work.stop();
      desk.wake(write);
      await desk.stop();
    },
  };
}

const place = z.object({ number: z.number() });
const located = z.object({
  installation: z.object({ id: z.number() }).optional(),
  repository: z.object({ id: z.number() }).optional(),
  issue: place.optional(),
  pull_request: place.optional(),
});

/**
 * Deliveries of one lane, named after its installation, keep their order. What tells of no issue or pull request has a
 * lane of its own.
 */
function laneOf({ id, payload }: Delivery): string {
  try {
    const { installation, repository, issue, pull_request: pull } = located.parse(JSON.parse(payload));
    const number = (issue ?? pull)?.number;
    const what = repository && number !== undefined ? `${repository.id}#${number}` : `delivery ${id}`;
    return `${installation?.id} ${what}`;
  } catch {
    return `other ${id}`;
  }
}

/** GitHub being away is no reason to give up before GitHub itself has forgotten the delivery. */
function isHopeless(error: unknown, { tries, receivedAt }: Delivery, now: number): boolean {
  const errors = error instanceof AggregateError ? error.errors : [error];
  return (
    errors.every(isNonsense) || (!errors.some(isAway) && tries + 1 >= TRIES) || now - receivedAt > KEEP_MS
  );
}

/** A payload that isn't GitHub's won't become one by waiting. */
function isNonsense(error: unknown): boolean {
  return error instanceof z.ZodError || error instanceof SyntaxError;
}

const OWN = [OrchError, TypeError, ReferenceError, RangeError];

/** GitHub, the way to it or the disk will be there again. Refusals and our own mistakes stay what they are. */
function isAway(error: unknown): boolean {
  if (OWN.some(kind => error instanceof kind)) return false;
  const { status } = (error ?? {}) as { status?: unknown };
  if (typeof status !== 'number' || status >= 500) return true;
  return hasStatus(error, 401, 429) || (status === 403 && !isRefusal(error));
}

/** Errors of webhook handlers carry the whole payload; only their words are kept. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(githubMessage).join('; ').slice(0, 500);
  return githubMessage(error).slice(0, 500);
}

import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Delivery } from '../store/inbox.ts';
import type { Store } from '../store/open.ts';
import { githubMessage } from './client.ts';

export interface InboxOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Handles one delivery; it may be called again for the same one after a crash or an error. */
  handle(delivery: Delivery): Promise<void>;
}

/** Kept as long as GitHub keeps its own log and a little longer, so that redeliveries are recognised. */
const KEEP_MS = 7 * 24 * 3600 * 1000;
const TRIES = 10;
const FORGET_EVERY_MS = 3600 * 1000;
/** How long handled deliveries may wait for others to share their commit, which is the dearest part of most. */
const SHARE_MS = 50;

/** Works through the recorded deliveries in their order; one that fails is tried again later and holds up no other. */
export function startInbox(options: InboxOptions) {
  const { store, clock, log } = options;
  let working: Promise<void> | null = null;
  let stopped = false;
  let alarm: Disposable | null = null;
  let forgotAt = 0;

  async function work(): Promise<void> {
    while (await some()) {}
    forget();
    working = null;
    const at = stopped ? null : store.inbox.nextReady();
    alarm?.[Symbol.dispose]();
    alarm = at === null ? null : clock.after(at - clock.now(), wake);
  }

  /** Handles deliveries one by one and notes it together; false when there were none. A crash before the note repeats them. */
  async function some(): Promise<boolean> {
    const notes: (() => void)[] = [];
    const began = clock.now();
    let after = 0;
    do {
      const delivery = stopped ? null : store.inbox.next(began, after);
      if (!delivery) break;
      notes.push(await one(delivery));
      after = delivery.id;
    } while (clock.now() - began < SHARE_MS);
    if (notes.length === 0) return false;
    store.transaction(() => {
      for (const note of notes) note();
    });
    return true;
  }

  /** Gives what is to be written of it. */
  async function one(delivery: Delivery): Promise<() => void> {
    const { id, event, delivery: guid, tries } = delivery;
    try {
      await options.handle(delivery);
      return () => store.inbox.handled(id, clock.now());
    } catch (error) {
      const why = reason(error);
      log.warn({ delivery: guid, event, tries, why }, 'delivery could not be handled');
      if (tries + 1 >= TRIES || isNonsense(error)) return () => store.inbox.handled(id, clock.now(), why);
      return () => store.inbox.later(id, clock.now() + Math.min(300_000, 1000 * 2 ** tries), why);
    }
  }

  /** Reads the whole inbox, so not each time. */
  function forget(): void {
    if (clock.now() - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = clock.now();
    store.inbox.forget(forgotAt - KEEP_MS);
  }

  function wake(): void {
    if (!stopped) working ??= Promise.resolve().then(work);
  }

  wake();
  return {
    /** There may be new deliveries. */
    wake,
    async stop(): Promise<void> {
      stopped = true;
      alarm?.[Symbol.dispose]();
      await working;
    },
  };
}

/** A payload that isn't GitHub's won't become one by waiting. */
function isNonsense(error: unknown): boolean {
  const errors = error instanceof AggregateError ? error.errors : [error];
  return errors.every(each => each instanceof z.ZodError || each instanceof SyntaxError);
}

/** Errors of webhook handlers carry the whole payload; only their words are kept. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(githubMessage).join('; ').slice(0, 500);
  return githubMessage(error).slice(0, 500);
}

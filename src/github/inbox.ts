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

/** Works through the recorded deliveries in their order; one that fails is tried again later and holds up no other. */
export function startInbox(options: InboxOptions) {
  const { store, clock, log } = options;
  let working: Promise<void> | null = null;
  let stopped = false;
  let alarm: Disposable | null = null;

  async function work(): Promise<void> {
    for (;;) {
      const delivery = stopped ? null : store.inbox.next(clock.now());
      if (!delivery) break;
      await one(delivery);
    }
    store.inbox.forget(clock.now() - KEEP_MS);
    working = null;
    const at = stopped ? null : store.inbox.nextReady();
    alarm?.[Symbol.dispose]();
    alarm = at === null ? null : clock.after(at - clock.now(), wake);
  }

  async function one(delivery: Delivery): Promise<void> {
    const { id, event, delivery: guid, tries } = delivery;
    try {
      await options.handle(delivery);
      store.inbox.handled(id, clock.now());
    } catch (error) {
      const why = reason(error);
      log.warn({ delivery: guid, event, tries, why }, 'delivery could not be handled');
      if (tries + 1 >= TRIES) store.inbox.handled(id, clock.now(), why);
      else store.inbox.later(id, clock.now() + Math.min(300_000, 1000 * 2 ** tries), why);
    }
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

/** Errors of webhook handlers carry the whole payload; only their words are kept. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(githubMessage).join('; ').slice(0, 500);
  return githubMessage(error).slice(0, 500);
}

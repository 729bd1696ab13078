import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from './clock.ts';

export interface RoundsOptions<Key> {
  clock: Clock;
  /** One round for this key; gives when the next is due (ms since 1970), null when only a wake can tell. */
  work(key: Key): Promise<number | null>;
  /** A round has thrown; the next one comes by itself. */
  failed(key: Key, error: unknown): void;
  /** Between failures: 1 s, doubling up to this. */
  longestMs?: number;
  /** Keys at once, of each group; all unless told. */
  atOnce?: number;
  /** Keys of one group wait for each other when there are many, and for no others; one group unless told. */
  groupOf?(key: Key): string;
}

export interface Rounds<Key> {
  /** There may be something to do: works on the key as soon as there is room, and once more if it is at it already. */
  wake(key: Key): void;
  /** Whether the last round failed, so that another is due by itself: who only looks by the way need not hurry it. */
  isFailing(key: Key): boolean;
  /** No round begins any more; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Rounds of work by key: one at a time for each, again when woken meanwhile, later when it says so or has failed. */
export function keyedRounds<Key>(options: RoundsOptions<Key>): Rounds<Key> {
  const { clock, longestMs = 60_000, atOnce = Number.POSITIVE_INFINITY, groupOf = () => '' } = options;
  const groups = new Map<string, { due: Set<Key>; working: number }>();
  const working = new Map<Key, Promise<void>>();
  const alarms = new Map<Key, Disposable>();
  const failures = new Map<Key, number>();
  const turn = turns();
  let stopped = false;

  function wake(key: Key): void {
    if (stopped) return;
    const group = groupOfKey(key);
    group.due.add(key);
    begin(group);
  }

  function groupOfKey(key: Key) {
    const name = groupOf(key);
    const group = groups.get(name) ?? { due: new Set<Key>(), working: 0 };
    groups.set(name, group);
    return group;
  }

  function begin(group: ReturnType<typeof groupOfKey>): void {
    for (const key of group.due) {
      if (group.working >= atOnce) return;
      if (working.has(key)) continue;
      silence(key);
      group.working += 1;
      // In a microtask: wakes in a row make one round, and whoever wakes has done its own first.
      working.set(
        key,
        turn().then(() => round(key)),
      );
    }
  }

  async function round(key: Key): Promise<void> {
    const group = groupOfKey(key);
    group.due.delete(key);
    const at = await attempt(key);
    working.delete(key);
    group.working -= 1;
    if (stopped) return;
    if (at !== null && !group.due.has(key)) {
      alarms.set(
        key,
        clock.after(at - clock.now(), () => wake(key)),
      );
    }
    begin(group);
  }

  async function attempt(key: Key): Promise<number | null> {
    try {
      const at = await options.work(key);
      failures.delete(key);
      return at;
    } catch (error) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      tell(key, error);
      return clock.now() + Math.min(longestMs, 1000 * 2 ** count);
    }
  }

  /** A log that can't be written must not end the rounds. */
  function tell(key: Key, error: unknown): void {
    try {
      options.failed(key, error);
    } catch {}
  }

  function silence(key: Key): void {
    alarms.get(key)?.[Symbol.dispose]();
    alarms.delete(key);
  }

  return {
    wake,
    isFailing: key => failures.has(key),
    async stop() {
      stopped = true;
      for (const { due } of groups.values()) due.clear();
      for (const key of [...alarms.keys()]) silence(key);
      await Promise.all(working.values());
    },
  };
}

/** Rounds that ask nobody else would follow each other without an end, and who waits for an answer with them. */
const BURST = 16;

/** When the next round may begin: at once, or in a later turn of the event loop where many have begun in this one. */
function turns(): () => Promise<void> {
  let begun = 0;
  let gate = Promise.resolve();
  return () => {
    if (begun === 0)
      setImmediate(() => {
        begun = 0;
      });
    begun += 1;
    if (begun % BURST === 0) gate = gate.then(() => nextTurn());
    return gate;
  };
}

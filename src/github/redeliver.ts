import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type AppGithub, githubMessage, isRefusal } from './client.ts';

export interface RedeliverOptions {
  store: Store;
  github: AppGithub;
  clock: Clock;
  log: Log;
  /** Events that are handled: others are not missed. */
  events: ReadonlySet<string>;
  intervalSeconds: number;
}

/** An attempt in the App's delivery log. */
interface Attempt {
  id: number | bigint;
  guid: string;
  event: string;
  delivered_at: string;
  status_code: number;
}

/** GitHub keeps its log for three days, and refuses to redeliver what is older. */
const KEPT_MS = 3 * 24 * 3600_000;
/** One that has just been sent may be on its way. */
const ON_ITS_WAY_MS = 60_000;
const MARK = 'deliveries';
/** What comes back so often is refused for what it is: too large, or signed with another secret. */
const TRIES = 5;

/**
 * Asks GitHub for the deliveries that never reached the inbox: it does not redeliver by itself. Reads the App's delivery
 * log, newest first, back to the newest that the last sweep has seen; that mark is in the store, so down-time is swept too.
 */
export function startRedelivery(options: RedeliverOptions) {
  const { store, github, clock, log } = options;
  const tries = new Map<string, { count: number; until: number }>();
  const sweeps = keyedRounds({
    clock,
    work: sweep,
    failed: (_: 'all', error) =>
      log.warn({ why: githubMessage(error) }, "the App's delivery log could not be read"),
    longestMs: options.intervalSeconds * 1000,
  });
  sweeps.wake('all');

  async function sweep(): Promise<number> {
    const mark = store.marks.get(MARK) ?? 0;
    const app = await github.app();
    const attempts = await attemptsAfter(app, Math.max(mark, clock.now() - KEPT_MS));
    const settled = attempts.filter(
      ({ delivered_at }) => Date.parse(delivered_at) < clock.now() - ON_ITS_WAY_MS,
    );
    for (const [guid, { until }] of tries) if (until < clock.now()) tries.delete(guid);
    const missed = new Map(settled.filter(isMissed).map(attempt => [attempt.guid, attempt]));
    // The oldest first, as they were meant to come.
    for (const attempt of [...missed.values()].reverse()) await redeliver(app, attempt);
    const newest = settled[0] && Date.parse(settled[0].delivered_at);
    if (newest) store.marks.set(MARK, newest);
    return clock.now() + options.intervalSeconds * 1000;
  }

  function isMissed({ guid, event }: Attempt): boolean {
    return options.events.has(event) && !store.inbox.has(guid);
  }

  async function redeliver(app: Awaited<ReturnType<AppGithub['app']>>, attempt: Attempt): Promise<void> {
    const { id, guid, event } = attempt;
    const count = (tries.get(guid)?.count ?? 0) + 1;
    tries.set(guid, { count, until: clock.now() + KEPT_MS });
    if (count > TRIES) return;
    log.info(
      { delivery: guid, event, status: attempt.status_code },
      'asking GitHub to deliver again what was missed',
    );
    try {
      await app('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id: id as number });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.warn({ delivery: guid, why: githubMessage(error) }, 'GitHub will not deliver it again');
    }
  }

  return { stop: () => sweeps.stop() };
}

/** The attempts of the log after this time (ms), the newest first. */
async function attemptsAfter(app: Awaited<ReturnType<AppGithub['app']>>, after: number): Promise<Attempt[]> {
  const found: Attempt[] = [];
  let cursor: string | undefined;
  do {
    const { data, headers } = await app('GET /app/hook/deliveries', {
      per_page: 100,
      ...(cursor && { cursor }),
    });
    const fresh = data.filter(({ delivered_at }) => Date.parse(delivered_at) > after);
    found.push(...fresh);
    cursor = fresh.length < data.length ? undefined : nextCursor(headers.link);
  } while (cursor);
  return found;
}

function nextCursor(link: string | undefined): string | undefined {
  const next = /<([^>]+)>; rel="next"/.exec(link ?? '')?.[1];
  return next === undefined ? undefined : (new URL(next).searchParams.get('cursor') ?? undefined);
}

import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';

export interface PaceOptions {
  clock: Clock;
  log: Log;
  /** GITHUB_LIMITS; none for a GitHub that has none. What GitHub answers about limits is kept all the same. */
  limits: readonly Limit[];
  /** When the installation's creations of the last hour were begun (ms, the oldest first): a restart does not forget them. */
  recent(installation: number): number[];
  send?: typeof fetch;
}

export interface Pace {
  /** `fetch` for the calls of an installation: each waits for its turn, and again while GitHub says that it is too fast. */
  fetch(installation: number): typeof fetch;
  /** Calls that wait are given up, and none waits any more. */
  stop(): void;
}

interface Call {
  reads: boolean;
  creates: boolean;
  /** 0 goes first. */
  rank: number;
}

interface Limit {
  most: number;
  /** A call counts from its beginning until so long after its end: GitHub may count it anywhere in between. */
  windowMs: number;
  cost(call: Call): number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * What GitHub takes from an installation. Source, with the points: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export const GITHUB_LIMITS: readonly Limit[] = [
  { most: 80, windowMs: MINUTE, cost: call => (call.creates ? 1 : 0) },
  { most: 500, windowMs: HOUR, cost: call => (call.creates ? 1 : 0) },
  { most: 5000, windowMs: HOUR, cost: () => 1 },
  { most: 900, windowMs: MINUTE, cost: call => (call.reads ? 1 : 5) },
  { most: 100, windowMs: 0, cost: () => 1 },
];

const CALL_TIMEOUT_MS = 60_000;
/** So often a call is made again that GitHub refused as too fast; then whoever called hears of it. */
const TRIES = 5;

/** Keeps each installation to GitHub's limits by a queue that waits: nothing fails because there is much to tell. */
export function openPace(options: PaceOptions): Pace {
  const { clock, log, send = fetch } = options;
  const queues = new Map<number, ReturnType<typeof openQueue>>();
  let stopped = false;

  function queueOf(installation: number) {
    const queue = queues.get(installation) ?? openQueue(options, options.recent(installation));
    queues.set(installation, queue);
    return queue;
  }

  return {
    fetch: installation => async (input, init) => {
      const queue = queueOf(installation);
      const call = describe(init?.method ?? 'GET', String(input));
      for (let attempt = 1; ; attempt += 1) {
        const isWaiting = queue.turn(call);
        if (stopped) queue.stop();
        await isWaiting;
        let response: Response;
        try {
          // No call waits for ever, but waiting for a turn is not GitHub's slowness.
          response = await send(input, { ...init, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
        } finally {
          queue.leave(call);
        }
        const pause = await pauseAsked(response, attempt, clock.now());
        if (pause === null) return response;
        log.warn({ installation, seconds: Math.ceil(pause / 1000) }, 'GitHub asks to wait');
        queue.hold(pause);
        const wasDone = response.status !== 403 && response.status !== 429;
        if (wasDone || attempt === TRIES) return response;
      }
    },
    stop() {
      stopped = true;
      for (const queue of queues.values()) queue.stop();
    },
  };
}

/** What people wait for goes before check runs, and those before edits, of which the last is worth as much as all. */
function describe(method: string, url: string): Call {
  const { pathname } = new URL(url);
  const creates = method === 'POST' && /\/(comments|pulls|check-runs|replies|reviews|issues)$/.test(pathname);
  const rank = method === 'PATCH' ? 2 : pathname.endsWith('/check-runs') && creates ? 1 : 0;
  return { reads: method === 'GET', creates, rank };
}

/**
 * How long the installation has to be quiet (ms) by GitHub's answer, or null: until the reset when nothing remains, as
 * long as it says, else a minute, and longer each time. By GitHub's own clock, since ours may be wrong.
 */
async function pauseAsked(response: Response, attempt: number, now: number): Promise<number | null> {
  const { headers, status } = response;
  const isRefused = status === 403 || status === 429;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  if (isRefused && seconds > 0) return Math.min(seconds * 1000, HOUR);
  if (headers.get('x-ratelimit-remaining') === '0') {
    const theirs = Date.parse(headers.get('date') ?? '') || now;
    const reset = Number(headers.get('x-ratelimit-reset')) * 1000 - theirs;
    return Math.min(Math.max(reset, 1000), HOUR);
  }
  if (status === 429 || (isRefused && /rate limit|abuse/i.test(await response.clone().text()))) {
    return Math.min(MINUTE * 2 ** (attempt - 1), HOUR);
  }
  return null;
}

/** The calls of one installation that wait, and what those before them have used up. */
function openQueue({ clock, limits }: PaceOptions, recent: readonly number[]) {
  const windows = limits.map(limit => openWindow(limit, recent));
  let waiting: { call: Call; go: () => void; giveUp: (error: Error) => void }[] = [];
  let heldUntil = 0;
  let alarm: Disposable | null = null;

  function look(): void {
    alarm?.[Symbol.dispose]();
    alarm = null;
    const now = clock.now();
    const frees = windows.map(window => window.expire(now));
    // Further off than GitHub ever asks for: the clock was set back.
    if (heldUntil > now + HOUR) heldUntil = now;
    // While it looks no room comes free: what one call of a kind may not, none after it may.
    const refused = new Set<string>();
    if (now >= heldUntil) {
      waiting = waiting.filter(({ call, go }) => {
        const kind = call.reads ? 'reads' : call.creates ? 'creates' : 'writes';
        if (!refused.has(kind) && begin(call, go)) return false;
        refused.add(kind);
        return true;
      });
    }
    const next = now < heldUntil ? heldUntil : Math.min(...frees);
    if (waiting.length > 0 && next < Number.POSITIVE_INFINITY) alarm = clock.after(next - now, look);
  }

  function begin(call: Call, go: () => void): boolean {
    if (!windows.every(window => window.hasRoom(call))) return false;
    for (const window of windows) window.enter(call);
    go();
    return true;
  }

  return {
    /** Resolves when the call may be made; `leave` has to follow. */
    turn(call: Call): Promise<void> {
      return new Promise((go, giveUp) => {
        const before = waiting.findLastIndex(other => other.call.rank <= call.rank);
        waiting.splice(before + 1, 0, { call, go, giveUp });
        look();
      });
    },
    leave(call: Call): void {
      for (const window of windows) window.leave(call, clock.now());
      look();
    },
    hold(milliseconds: number): void {
      heldUntil = Math.max(heldUntil, clock.now() + milliseconds);
      look();
    },
    stop(): void {
      alarm?.[Symbol.dispose]();
      // The name by which Octokit passes an error on instead of trying again.
      const error = new DOMException(
        'Orch is stopping; GitHub will be asked after the next start',
        'AbortError',
      );
      for (const { giveUp } of waiting.splice(0)) giveUp(error);
    },
  };
}

/** How much of one limit is in use. */
function openWindow({ most, windowMs, cost }: Limit, recent: readonly number[]) {
  const past: Call = { reads: false, creates: true, rank: 0 };
  const ended = recent.map(at => ({ until: at + windowMs, cost: cost(past) }));
  let used = ended.reduce((sum, one) => sum + one.cost, 0);
  return {
    hasRoom: (call: Call): boolean => cost(call) === 0 || used + cost(call) <= most,
    enter(call: Call): void {
      used += cost(call);
    },
    leave(call: Call, now: number): void {
      if (cost(call) > 0) ended.push({ until: now + windowMs, cost: cost(call) });
    },
    /** Forgets what is over, and gives when the next one will be. A clock that was set back must not make it last. */
    expire(now: number): number {
      while (ended[0] && (ended[0].until <= now || ended[0].until > now + windowMs)) {
        used -= ended[0].cost;
        ended.shift();
      }
      return ended[0]?.until ?? Number.POSITIVE_INFINITY;
    },
  };
}

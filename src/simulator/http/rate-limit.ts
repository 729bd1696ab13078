import type { World } from '../world.ts';
import { GitHubError } from './errors.ts';

const LIMIT = 5000;
const ANONYMOUS_LIMIT = 60;
const WINDOW_MS = 3_600_000;

export interface Rate {
  limit: number;
  used: number;
  remaining: number;
  /** Seconds since 1970. */
  reset: number;
}

/** Counts one request of a token (or of nobody, under ''). */
export function countRequest(world: World, key: string): Rate {
  const now = world.clock.now();
  const known = world.rates.get(key);
  const rate = known && known.resetAt > now ? known : { used: 0, resetAt: now + WINDOW_MS };
  rate.used += 1;
  world.rates.set(key, rate);
  return readRate(world, key);
}

export function readRate(world: World, key: string): Rate {
  const now = world.clock.now();
  const known = world.rates.get(key);
  const rate = known && known.resetAt > now ? known : { used: 0, resetAt: now + WINDOW_MS };
  const limit = key === '' ? ANONYMOUS_LIMIT : LIMIT;
  const used = Math.min(limit, rate.used);
  return { limit, used, remaining: limit - used, reset: Math.floor(rate.resetAt / 1000) };
}

export function rateHeaders(rate: Rate): Record<string, string> {
  return {
    'x-ratelimit-limit': String(rate.limit),
    'x-ratelimit-remaining': String(rate.remaining),
    'x-ratelimit-used': String(rate.used),
    'x-ratelimit-reset': String(rate.reset),
    'x-ratelimit-resource': 'core',
  };
}

/** The primary limit is used up until the window ends. */
export function rateLimited(rate: Rate): GitHubError {
  const headers = rateHeaders({ ...rate, used: rate.limit, remaining: 0 });
  return new GitHubError(403, 'API rate limit exceeded for installation.', { headers });
}

/** GitHub's protection against bursts of writes. */
export function secondaryRateLimited(seconds: number): GitHubError {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return new GitHubError(403, message, { headers: { 'retry-after': String(seconds) } });
}

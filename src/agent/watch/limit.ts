import type { LimitRule, RefusalRule } from '../../config/profiles/rules.ts';
import type { Progress } from './progress.ts';

export type Limit = NonNullable<Progress['limit']>;

/** The last time of JavaScript's calendar (ms). */
const LAST_TIME = 8.64e15;

interface Refused {
  status: number | null;
  message: string;
}

/** The limit that a refused model call tells of; null when it is another failure. `reset`: when it ends, if that was told apart. */
export function findLimit(
  rules: readonly LimitRule[],
  refused: Refused & { reset: string | null },
  now: number,
): Limit | null {
  const rule = rules.find(each => fits(each, refused));
  if (rule === undefined) return null;
  const reset = refused.reset ?? (rule.reset && new RegExp(rule.reset).exec(refused.message)?.[1]);
  const until = reset ? resetTime(reset, now) : null;
  // Whole, and a time at all.
  const isTime = until !== null && until <= LAST_TIME;
  return { kind: rule.kind, reason: refused.message, until: isTime ? Math.ceil(until) : null };
}

/** Whether the model refuses for good. */
export function isRefusal(rules: readonly RefusalRule[], refused: Refused): boolean {
  return rules.some(each => fits(each, refused));
}

function fits(rule: RefusalRule, { status, message }: Refused): boolean {
  if (rule.status === undefined && rule.match === undefined) return false;
  if (rule.status !== undefined && (status === null || !rule.status.includes(status))) return false;
  return rule.match === undefined || new RegExp(rule.match).test(message);
}

/**
 * When a limit ends (ms): of an ISO time, seconds since 1970, seconds from now (`90`, `1h2m3s`), or a time of day of this
 * machine (`3:37 PM`), the next one. Null when it is none of these.
 */
export function resetTime(text: string, now: number): number | null {
  const seconds = /^\s*(\d+(?:\.\d+)?)\s*s?\s*$/.exec(text)?.[1];
  if (seconds !== undefined)
    return Number(seconds) > 1e9 ? Number(seconds) * 1000 : now + Number(seconds) * 1000;
  const [, hours, minutes, rest] =
    /^\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+(?:\.\d+)?)s)?\s*$/.exec(text) ?? [];
  if (hours ?? minutes ?? rest)
    return now + ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(rest ?? 0)) * 1000;
  const [, hour, minute = '0', half] = /^\s*(\d{1,2})(?::(\d{2}))?\s*([ap]m)?\s*$/i.exec(text) ?? [];
  if (hour !== undefined)
    return nextTimeOfDay(
      (Number(hour) % (half ? 12 : 24)) + (/p/i.test(half ?? '') ? 12 : 0),
      Number(minute),
      now,
    );
  const time = Date.parse(text);
  return Number.isFinite(time) && time >= 0 ? time : null;
}

function nextTimeOfDay(hour: number, minute: number, now: number): number {
  const at = new Date(now);
  at.setHours(hour, minute, 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

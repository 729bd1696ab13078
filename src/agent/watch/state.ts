import type { Profile } from '../../config/settings.ts';
import { duration } from '../../shared/clock.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import type { AgentState } from '../../task/glossary.ts';
import type { Progress } from './progress.ts';

/** What is to be seen of an agent whose session is alive. */
export interface Signs {
  /** What its CLI tells; null where it has no event stream. */
  progress: Progress | null;
  /** For how long it has neither printed anything nor taken processor time (ms). */
  quietMs: number;
  /** What its screen shows; null where nobody has looked. */
  screen: string | null;
}

export interface Seen {
  state: AgentState;
  /** For people: what it waits for, what limits it, what it does. */
  detail: string | null;
}

/** After this long without a sign a screen is worth a look: it does not change any more. */
export const STILL_MS = 5_000;
const LONGEST_DETAIL = 200;

/** What an agent does: its event stream says it first, then its processes, then its screen. */
export function agentState(signs: Signs, patterns: Profile['screen'], stuckAfterMs: number): Seen {
  const { progress, quietMs, screen } = signs;
  const isStuck = quietMs >= stuckAfterMs;
  const stuck: Seen = { state: 'stuck', detail: `no output and no processor time for ${duration(quietMs)}` };
  if (progress !== null) {
    if (progress.state === 'limited') return { state: 'limited', detail: progress.limit?.reason ?? null };
    if (progress.state === 'ended') return { state: 'idle', detail: null };
    if (isStuck) return stuck;
    return { state: progress.state, detail: progress.activity };
  }
  if (quietMs < STILL_MS || screen === null) return isStuck ? stuck : { state: 'working', detail: null };
  const shows = (pattern: string | null) => pattern && lineOf(screen, new RegExp(pattern, 'm'));
  const question = shows(patterns.trust) ?? shows(patterns.permission);
  if (question) return { state: 'waiting', detail: question };
  const limit = shows(patterns.limit);
  if (limit) return { state: 'limited', detail: limit };
  if (isStuck) return stuck;
  return { state: shows(patterns.ready) && !shows(patterns.working) ? 'idle' : 'working', detail: null };
}

/** The line in which a pattern is found; null when it is not there. */
function lineOf(screen: string, pattern: RegExp): string | null {
  const found = pattern.exec(screen);
  if (found === null) return null;
  const start = screen.lastIndexOf('\n', found.index) + 1;
  const line = screen.slice(start).split('\n', 1)[0] ?? '';
  return shorten(stripControl(line).trim(), LONGEST_DETAIL) || found[0].trim();
}

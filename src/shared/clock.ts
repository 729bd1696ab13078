/** Time as a parameter: milliseconds since 1970, never going back while a process lives, and a call after a delay that can be taken back. */
export interface Clock {
  now(): number;
  after(milliseconds: number, call: () => void): Disposable;
}

/** Of the time that has passed, the part that is made up when the wall clock shows something else. */
const CATCH_UP = 0.1;

/**
 * Follows a wall clock and never jumps with it: when that is set, the difference is made up slowly, so that an agent's
 * half hour stays one, within a tenth. `elapsed` counts milliseconds from anywhere and can't be set.
 */
export function steadyTime(wall: () => number, elapsed: () => number): () => number {
  let shown = wall();
  let last = elapsed();
  return () => {
    const passed = elapsed() - last;
    const behind = wall() - (shown + passed);
    const most = passed * CATCH_UP;
    shown += passed + Math.min(most, Math.max(-most, behind));
    last += passed;
    return Math.round(shown);
  };
}

export const systemClock: Clock = {
  now: steadyTime(
    () => Date.now(),
    () => performance.now(),
  ),
  after(milliseconds, call) {
    // Node fires at once on delays above 2^31-1 ms.
    const timer = setTimeout(call, Math.min(Math.max(0, milliseconds), 2_147_483_647));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** ISO 8601 in UTC, as in results, logs and GitHub's API. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`: how long something took, for people. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1h30m` in seconds; 0 for what is no duration. */
export function parseDuration(text: string): number {
  const parts = /^(?=.)(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text);
  return parts ? Number(parts[1] ?? 0) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0) : 0;
}

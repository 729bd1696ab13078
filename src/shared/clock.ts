/** Time as a parameter: milliseconds since 1970, and a call after a delay that can be taken back. */
export interface Clock {
  now(): number;
  after(milliseconds: number, call: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
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

import { type Clock, steadyTime } from '../../../src/shared/clock.ts';

const START = 1_800_000_000_000;

/** Time that passes when it is told to; the host's clock on the wall may show something else. */
export class Time {
  #elapsed = 0;
  #skew = 0;
  readonly #calls = new Set<{ at: number; call: () => void }>();

  /** What GitHub's clocks show. */
  readonly real: Clock = { now: () => START + this.#elapsed, after: (ms, call) => this.#after(ms, call) };
  /** What a process on the host goes by, whose clock may be set meanwhile. */
  ofProcess(): Clock {
    const wall = () => START + this.#elapsed + this.#skew;
    return { now: steadyTime(wall, () => this.#elapsed), after: (ms, call) => this.#after(ms, call) };
  }

  /** The host's clock is set. */
  jump(milliseconds: number): void {
    this.#skew += milliseconds;
  }

  /** Calls fall due in their order; `quiet` lets each set off what it does. */
  async pass(milliseconds: number, quiet: () => Promise<void>): Promise<void> {
    const end = this.#elapsed + milliseconds;
    await quiet();
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, due.at);
      this.#calls.delete(due);
      due.call();
      await quiet();
    }
    this.#elapsed = end;
  }

  #next(until: number) {
    let first: { at: number; call: () => void } | undefined;
    for (const each of this.#calls) if (each.at <= until && (!first || each.at < first.at)) first = each;
    return first;
  }

  #after(milliseconds: number, call: () => void): Disposable {
    if (Number.isNaN(milliseconds)) throw new Error('a delay is not a number');
    const due = { at: this.#elapsed + Math.max(0, milliseconds), call };
    this.#calls.add(due);
    return { [Symbol.dispose]: () => void this.#calls.delete(due) };
  }
}

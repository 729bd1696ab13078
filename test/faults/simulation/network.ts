import type { Scheduler } from 'fast-check';
import type { Life } from './life.ts';

/**
 * All that takes time without the clock: requests, answers, programs. Whatever is under way waits here, and fast-check
 * picks what goes on next, so that every order is met.
 */
export class Network {
  readonly #scheduler: Scheduler;
  /** Steps that are being made at this moment. */
  #busy = 0;

  readonly #trace: string[];

  constructor(scheduler: Scheduler, trace: string[]) {
    this.#scheduler = scheduler;
    this.#trace = trace;
  }

  /** Comes back when it is this one's turn; never, if the process that waits is killed meanwhile. */
  async pass(life: Life, label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label);
    if (life.isOver) await new Promise(() => {});
    this.#trace.push(`    ${label}`);
  }

  /** Work that is done in one piece, however many ticks it takes. */
  async atOnce<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }

  /** So many steps of what is under way are made. */
  async goOn(steps: number): Promise<void> {
    for (let made = 0; made < steps && (await this.#step()); made++) {}
  }

  /** Until nothing goes on without time passing. */
  async quiet(): Promise<void> {
    while (await this.#step()) {}
  }

  /** Makes one step; false when there is none to make. */
  async #step(): Promise<boolean> {
    while (this.#scheduler.count() === 0) {
      await new Promise(resolve => setImmediate(resolve));
      if (this.#scheduler.count() === 0 && this.#busy === 0) return false;
    }
    await this.#scheduler.waitOne();
    return true;
  }
}

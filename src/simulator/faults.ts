import type { Method } from './http/route.ts';

export type RequestEffect =
  | { kind: 'status'; status: number; body?: unknown; headers?: Record<string, string> }
  | { kind: 'latency'; milliseconds: number }
  /** The request takes effect, but its answer never arrives. */
  | { kind: 'drop' }
  | { kind: 'rate_limit' }
  | { kind: 'secondary_rate_limit'; retryAfterSeconds: number }
  | { kind: 'unauthorized' }
  /** All installation tokens given out so far end now. */
  | { kind: 'expire_tokens' };

export type DeliveryEffect = { kind: 'lose' } | { kind: 'double' } | { kind: 'reorder' };

/** What goes wrong, where, and how often (once unless `times` says more; `Infinity` for always). */
export type Fault =
  | { match: { method?: Method; path?: RegExp }; times?: number; effect: RequestEffect }
  /** `delivery` is an event's name, or `*`. A reordered delivery comes after the next one. */
  | { match: { delivery: string }; times?: number; effect: DeliveryEffect };

/** Faults on demand. The first one that matches acts, and is used up by it. */
export class Faults {
  #faults: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#faults = [];
  }

  forRequest(method: string, path: string): RequestEffect | undefined {
    const effect = this.#take(({ match }) => {
      if ('delivery' in match) return false;
      return (match.method ?? method) === method && (match.path?.test(path) ?? true);
    });
    return effect as RequestEffect | undefined;
  }

  forDelivery(event: string): DeliveryEffect | undefined {
    const effect = this.#take(({ match }) => 'delivery' in match && ['*', event].includes(match.delivery));
    return effect as DeliveryEffect | undefined;
  }

  #take(matches: (fault: Fault) => boolean): Fault['effect'] | undefined {
    const found = this.#faults.find(({ fault }) => matches(fault));
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#faults = this.#faults.filter(other => other !== found);
    return found.fault.effect;
  }
}

import type { Simulator } from '../../src/simulator/simulator.ts';
import { exchangeViolations } from './openapi.ts';
import { deliveryViolations } from './webhook-schemas.ts';

/** Collects what goes wrong between an App and the simulator; disposing throws if anything did. */
export interface Validation extends Disposable {
  /** Without repetitions, in the order they came. */
  readonly violations: readonly string[];
  /** Forgets violations that a test provoked. */
  forgive(violation: RegExp): void;
}

/** Holds every exchange and every delivery of a simulator against GitHub's own descriptions. */
export function validated(simulator: Simulator): Validation {
  const found = new Set<string>();
  const note = (violations: readonly string[]) => {
    for (const violation of violations) found.add(violation);
  };
  const exchanges = simulator.onExchange(exchange => note(exchangeViolations(exchange)));
  const deliveries = simulator.onDelivery(delivery => note(deliveryViolations(delivery)));
  return {
    get violations() {
      return [...found];
    },
    forgive: violation => {
      for (const one of found) if (violation.test(one)) found.delete(one);
    },
    [Symbol.dispose]() {
      exchanges[Symbol.dispose]();
      deliveries[Symbol.dispose]();
      if (found.size > 0) throw new Error(`Not as GitHub does:\n  ${[...found].join('\n  ')}`);
    },
  };
}

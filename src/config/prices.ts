import { z } from 'zod';
import { modelName } from '../shared/names.ts';
import { used } from './keys.ts';

const price = z.number().min(0).max(1_000_000);

/** The section `prices`: what models cost, by their name or its beginning. */
export const pricesSettings = z.record(
  modelName,
  z.strictObject({
    input: used(
      price,
      'US dollars for a million tokens that are sent to models whose name begins with NAME.',
    ),
    cached: used(
      price.optional(),
      "The same for those of them that the model's cache holds. `input` unless set.",
    ),
    output: used(price, 'The same for tokens that come back.'),
  }),
);
export type Prices = z.output<typeof pricesSettings>;

/** Tokens: `input` all that were sent, `cached` the part of them from a cache, `output` all that came back. */
export interface Tokens {
  input: number;
  cached: number;
  output: number;
}

/** What tokens of a model cost, in dollars, by the price with the longest name that fits; null when none does. */
export function costOf(
  { input, cached, output }: Tokens,
  model: string | null,
  prices: Prices,
): number | null {
  const names = Object.keys(prices).filter(name => model?.startsWith(name));
  const price = prices[names.sort((a, b) => b.length - a.length)[0] ?? ''];
  if (price === undefined) return null;
  const fresh = Math.max(0, input - cached);
  return (fresh * price.input + cached * (price.cached ?? price.input) + output * price.output) / 1e6;
}

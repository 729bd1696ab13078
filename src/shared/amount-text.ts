import { z } from 'zod';
import { type Amount, parseAmount } from './amounts.ts';

/** An amount as people write it. Apart from the rest, since commands that only show one have no time to load zod. */
export const amountText = z.string().transform((text, context): Amount => {
  const amount = parseAmount(text);
  if (amount !== null) return amount;
  context.addIssue({ code: 'custom', message: 'must be like 2usd, 500ktokens, or 2usd,500ktokens' });
  return z.NEVER;
});

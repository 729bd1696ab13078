/** What may be spent, or has been: US dollars, and tokens of models. Null is no bound, or what nobody knows. */
export interface Amount {
  usd: number | null;
  tokens: number | null;
}

const UNITS: Record<string, number> = { usd: 1, tokens: 1, ktokens: 1e3, mtokens: 1e6 };

/** `2usd`, `500ktokens`, or both with a comma between; null when it is anything else, or nothing. */
export function parseAmount(text: string): Amount | null {
  const amount: Amount = { usd: null, tokens: null };
  for (const part of text.toLowerCase().split(',')) {
    const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?)([km]?tokens|usd)$/.exec(part.trim()) ?? [];
    const field = unit === 'usd' ? 'usd' : 'tokens';
    const size = Number(digits) * (UNITS[unit] ?? 0);
    const value = field === 'usd' ? size : Math.round(size);
    if (!(value > 0) || amount[field] !== null) return null;
    amount[field] = value;
  }
  return amount;
}

/** The smaller of both, in dollars and in tokens. */
export function least(one: Amount, other: Amount): Amount {
  return { usd: smaller(one.usd, other.usd), tokens: smaller(one.tokens, other.tokens) };
}

function smaller(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** The part of a budget that is spent, 1 when all of it is: of dollars or tokens, whichever is nearer its end. */
export function shareOf(spent: Amount, budget: Amount): number {
  return Math.max(part(spent.usd, budget.usd), part(spent.tokens, budget.tokens));
}

function part(spent: number | null, budget: number | null): number {
  return spent === null || budget === null ? 0 : spent / budget;
}

/** `2.00 USD`, `500k tokens`, `2.00 USD and 500k tokens`; empty when neither is known. */
export function showAmount({ usd, tokens }: Amount): string {
  const parts = [usd === null ? '' : showUsd(usd), tokens === null ? '' : showTokens(tokens)];
  return parts.filter(text => text !== '').join(' and ');
}

export function showUsd(usd: number): string {
  return usd > 0 && usd < 0.005 ? 'under 0.01 USD' : `${usd.toFixed(2)} USD`;
}

export function showTokens(tokens: number): string {
  if (tokens < 1e3) return `${tokens} tokens`;
  const [size, letter] = tokens < 999_950 ? [tokens / 1e3, 'k'] : [tokens / 1e6, 'M'];
  return `${Number(size.toFixed(letter === 'k' ? 1 : 2))}${letter} tokens`;
}

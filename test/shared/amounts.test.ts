import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { least, parseAmount, shareOf, showAmount } from '../../src/shared/amounts.ts';

describe('an amount', () => {
  it.each([
    ['2usd', { usd: 2, tokens: null }],
    ['0.5USD', { usd: 0.5, tokens: null }],
    ['500ktokens', { usd: null, tokens: 500_000 }],
    ['1.1Mtokens', { usd: null, tokens: 1_100_000 }],
    ['1200tokens', { usd: null, tokens: 1200 }],
    ['2usd,500ktokens', { usd: 2, tokens: 500_000 }],
    ['1mtokens, 3usd', { usd: 3, tokens: 1_000_000 }],
  ])('is read from %j', (text, amount) => expect(parseAmount(text)).toEqual(amount));

  it.each([
    ...['', '2', 'usd', '2 usd', '$2', '-2usd', '2usd,', '2usd,3usd', '1ktokens,2tokens', '1e3usd', '2eur'],
    ...['0usd', '0.0000001usd', '0.0001tokens', '1.5musd', '2kusd', '1234567890usd', 'NaNusd'],
    ...['constructorusd', '١usd', '2usd;3ktokens', '.5usd', '5.usd', '0x2usd', 'Infinityusd'],
  ])('is not in %j', text => expect(parseAmount(text)).toBe(null));

  it('is positive and finite, or there is none, whatever the text', () => {
    const piece = fc.constantFrom(...'0159.,kmusdtoken -\n'.split(''), 'usd', 'tokens', 'ktokens', 'mtokens');
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map(list => list.join('')),
    );
    fc.assert(
      fc.property(text, written => {
        const amount = parseAmount(written);
        if (amount === null) return;
        const known = [amount.usd, amount.tokens].filter(value => value !== null);
        expect(known.length).toBeGreaterThan(0);
        for (const value of known) expect(value > 0 && Number.isFinite(value)).toBe(true);
        expect(amount.tokens === null || Number.isSafeInteger(amount.tokens)).toBe(true);
      }),
    );
  });

  it('is bounded in dollars and in tokens, each by the smaller', () => {
    expect(least({ usd: 5, tokens: null }, { usd: 2, tokens: 100 })).toEqual({ usd: 2, tokens: 100 });
    expect(least({ usd: null, tokens: null }, { usd: null, tokens: 7 })).toEqual({ usd: null, tokens: 7 });
  });

  it('is spent by the part that is nearer its end; what is unknown is no part', () => {
    expect(shareOf({ usd: 1, tokens: 90 }, { usd: 2, tokens: 100 })).toBe(0.9);
    expect(shareOf({ usd: null, tokens: 50 }, { usd: 2, tokens: 100 })).toBe(0.5);
    expect(shareOf({ usd: 5, tokens: 50 }, { usd: null, tokens: null })).toBe(0);
  });

  it.each([
    [{ usd: 2, tokens: 500_000 }, '2.00 USD and 500k tokens'],
    [{ usd: 0.001, tokens: null }, 'under 0.01 USD'],
    [{ usd: 0, tokens: 0 }, '0.00 USD and 0 tokens'],
    [{ usd: null, tokens: 12_345 }, '12.3k tokens'],
    [{ usd: null, tokens: 999_949 }, '999.9k tokens'],
    [{ usd: null, tokens: 999_950 }, '1M tokens'],
    [{ usd: null, tokens: 1_250_000 }, '1.25M tokens'],
    [{ usd: null, tokens: null }, ''],
  ])('%j is shown as %j', (amount, text) => expect(showAmount(amount)).toBe(text));
});

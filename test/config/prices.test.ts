import { describe, expect, it } from 'vitest';
import { costOf } from '../../src/config/prices.ts';
import { loadSettings } from '../../src/config/settings.ts';

const load = (text: string) => loadSettings({ text, env: {} }).settings.prices;

const PRICES = load(`
prices:
  gpt-5: { input: 2, cached: 0.5, output: 10 }
  gpt-5-mini: { input: 1, output: 4 }
  local_llama: { input: 0, output: 0 }
`);

describe('prices', () => {
  it('are for a million tokens; those from the cache have their own', () => {
    expect(costOf({ input: 1_000_000, cached: 400_000, output: 100_000 }, 'gpt-5', PRICES)).toBeCloseTo(2.4);
  });

  it('fit models whose name begins with theirs, the longest first', () => {
    const tokens = { input: 1_000_000, cached: 1_000_000, output: 1_000_000 };
    expect(costOf(tokens, 'gpt-5-mini-2026-08', PRICES)).toBe(5);
    expect(costOf(tokens, 'gpt-5.2', PRICES)).toBe(10.5);
  });

  it('of nothing are nothing, and of unknown models unknown', () => {
    const tokens = { input: 10, cached: 0, output: 10 };
    expect(costOf(tokens, 'local_llama', PRICES)).toBe(0);
    expect(costOf(tokens, 'gemini-3', PRICES)).toBe(null);
    expect(costOf(tokens, 'toString', PRICES)).toBe(null);
    expect(costOf(tokens, null, PRICES)).toBe(null);
    expect(costOf(tokens, 'gpt-5', load(''))).toBe(null);
  });

  it.each([
    ['prices: { gpt-5: { input: -1, output: 1 } }', 'too small'],
    ['prices: { gpt-5: { input: 1 } }', '`prices.gpt-5.output`'],
    ['prices: { gpt-5: { input: 1, output: 1, outptu: 2 } }', 'did you mean `output`?'],
    ['prices: { "-x": { input: 1, output: 1 } }', 'must be a model'],
    ['prices: { gpt-5: 3 }', '`prices.gpt-5`'],
  ])('%s are refused', (text, why) => expect(() => load(text)).toThrow(why));
});

import { describe, expect, it } from 'vitest';
import { budgetOf } from '../../src/config/budgets.ts';
import { loadSettings } from '../../src/config/settings.ts';

const dollars = (usd: number) => ({ usd, tokens: null });
const tokens = (count: number) => ({ usd: null, tokens: count });

describe('the budget of a task', () => {
  it.each([
    ['none', undefined, null, null, { budgetUsd: null, budgetTokens: null }],
    ["the comment's", dollars(2), null, null, { budgetUsd: 2, budgetTokens: null }],
    [
      "the comment's, instead of the repository's",
      dollars(5),
      dollars(2),
      null,
      { budgetUsd: 5, budgetTokens: null },
    ],
    ["the repository's", undefined, tokens(9), null, { budgetUsd: null, budgetTokens: 9 }],
    ["the server's", undefined, null, dollars(3), { budgetUsd: 3, budgetTokens: null }],
    ["never above the server's", dollars(5), null, dollars(3), { budgetUsd: 3, budgetTokens: null }],
    [
      "the repository's, below the server's",
      undefined,
      dollars(1),
      dollars(3),
      { budgetUsd: 1, budgetTokens: null },
    ],
    [
      "bound in what only the server's speaks of",
      tokens(9),
      null,
      dollars(3),
      { budgetUsd: 3, budgetTokens: 9 },
    ],
  ])('is %s', (_, wanted, repository, server, budget) =>
    expect(budgetOf(wanted, repository, server)).toEqual(budget),
  );
});

describe('the budgets of a server', () => {
  const load = (text: string) => loadSettings({ text, env: {} }).settings.budgets;

  it('are there when they are written', () => {
    expect(load('')).toEqual({ task: null, repositoryDay: null, day: null });
    expect(load('budgets: { task: 5usd, repository_day: 20usd, day: "50usd,10mtokens" }')).toEqual({
      task: dollars(5),
      repositoryDay: dollars(20),
      day: { usd: 50, tokens: 10_000_000 },
    });
  });

  it.each([
    ['budgets: { task: 5 }', '`budgets.task`: expected string'],
    ['budgets: { day: 5 usd }', 'must be like 2usd, 500ktokens, or 2usd,500ktokens'],
    ['budgets: { daily: 5usd }', '`budgets.daily`: unknown setting'],
  ])('are refused: %s', (text, why) => expect(() => load(text)).toThrow(why));
});

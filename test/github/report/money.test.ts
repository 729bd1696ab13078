import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../../src/github/report/check.ts';
import { renderComment } from '../../../src/github/report/comment.ts';
import { usedText } from '../../../src/github/report/money.ts';
import type { Usage } from '../../../src/store/usage.ts';
import { memoryStore, NOW, queued, started } from '../../support/tasks.ts';

const STORY = { runs: [], events: [], usage: [], said: [] };

const used = (changes: Partial<Usage>): Usage => ({
  ...{ task: 1, run: 1, model: 'm', inputTokens: 1000, cachedTokens: 0, outputTokens: 500 },
  ...{ costUsd: null, costSource: null, at: NOW },
  ...changes,
});
const reported = used({ costUsd: 1.5, costSource: 'reported' });
const computed = used({ costUsd: 0.5, costSource: 'computed' });

describe('what a task has used', () => {
  it.each([
    [[], ''],
    [[reported], '1.5k tokens, 1.50 USD'],
    [[computed], '1.5k tokens, 0.50 USD (computed)'],
    [[reported, computed], '3k tokens, 2.00 USD (partly computed)'],
    [[used({})], '1.5k tokens, cost unknown'],
    [[used({}), reported], '3k tokens, 1.50 USD, the rest unknown'],
    [[used({ inputTokens: null, outputTokens: null, costUsd: 1, costSource: 'reported' })], '1.00 USD'],
  ])('%# is told with where it comes from', (usage, text) => expect(usedText(usage)).toBe(text));

  it('stands in its comment, beside its budget', () => {
    using store = memoryStore();
    const task = queued(store, { budgetUsd: 2, budgetTokens: 500_000 });
    const comment = renderComment({ ...STORY, task, usage: [reported] }, NOW);
    expect(comment).toContain('| Used | 1.5k tokens, 1.50 USD |\n| Budget | 2.00 USD and 500k tokens |\n');
    expect(renderComment({ ...STORY, task: queued(store) }, NOW)).not.toMatch(/Used|Budget/);
    const summary = (used: string) => renderCheck(task, undefined, used, true, '').output.summary;
    expect(summary(usedText([reported]))).toContain('Used: 1.5k tokens, 1.50 USD.');
    expect(summary('')).not.toContain('Used');
  });
});

describe('the comment of a task', () => {
  it('warns of a budget that is nearly spent, or can not be held, as long as the task goes on', () => {
    using store = memoryStore();
    const { task } = started(store, { budgetUsd: 2 });
    const budget = 'its budget of 2.00 USD';
    store.journal.append(NOW, 1, 'budget:warned', { spent: '1.70 USD', budget });
    store.journal.append(NOW, 1, 'budget:unknown', { model: '<b>@all', budget });
    const render = (changes: object) =>
      renderComment(
        { ...STORY, task: { ...task, budgetWarned: true, ...changes }, events: store.journal.ofTask(1) },
        NOW,
      );
    expect(render({})).toContain('⚠️ 1.70 USD of its budget of 2.00 USD is spent. It is paused when all is.');
    expect(render({})).toMatch(/⚠️ What .*all costs is not known, so its budget of 2.00 USD can't be held\./);
    expect(render({})).not.toContain('<b>@all');
    store.journal.append(NOW, 1, 'budget:unknown', { model: null, budget });
    expect(render({})).toContain(
      "⚠️ What its agent uses is not known, since its CLI does not tell: its budget of 2.00 USD can't be held.",
    );
    for (const state of ['completed', 'paused']) expect(render({ state })).not.toContain('⚠️');
    expect(render({ budgetWarned: false })).not.toContain('is spent');
  });
});

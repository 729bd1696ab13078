import { describe, expect, it } from 'vitest';
import { renderComment } from '../../../src/github/report/comment.ts';
import { type Plan, type Quote, questionOf } from '../../../src/store/plans.ts';
import type { Task } from '../../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../../support/tasks.ts';

const QUOTE: Quote = {
  usd: { expected: 1.2, low: 0.4, high: 3, of: 11 },
  seconds: { expected: 600, low: 60, high: 1800, of: 12 },
  from: 'tasks of claude in this repository',
  ahead: 2,
  atWork: 1,
  capUsd: 4.5,
};

const PLAN: Plan = {
  ...{ task: 1, version: 2, text: 'Multiply.\n- ask @acme/core\n<img src=x>', files: ['a`b.js'], risk: null },
  ...{ madeAt: NOW, shownAt: null, quote: QUOTE, isStale: false, approvedBy: null, approvedAt: null },
};

function comment(plan: Partial<Plan> = {}, changes: Partial<Task> = {}): string {
  using store = memoryStore();
  const { task, run } = started(store);
  const waiting = { state: 'paused', question: questionOf(PLAN) } as const;
  return renderComment(
    {
      ...{ task: { ...task, ...waiting, ...changes }, runs: [{ ...run, lastWords: 'Bye.' }] },
      ...{ events: [], usage: [], said: [], plan: { ...PLAN, ...plan } },
    },
    NOW,
  );
}

describe('the comment of a plan', () => {
  it('has it with its quote, as it was told, and how to approve it', () => {
    const text = comment();
    expect(text).toContain('> Multiply.\n> \\- ask @&#8203;acme/core\n> &lt;img src=x>');
    expect(text).toContain("- Files expected: `a'b.js`\n- Risk: its agent names none");
    expect(text).toContain(
      '| Cost | 1.20 USD (most took 0.40 USD to 3.00 USD; 11 tasks of claude in this repository) |\n' +
        '| Time | 10 min (most took 1 min to 30 min; 12 tasks of claude in this repository) |\n' +
        '| Place in the queue | after 2 others, 1 at work |\n| 👍 grants | 4.50 USD |',
    );
    expect(text).toContain('**Approve it** with 👍 on this comment, or with `/orch approve T1`');
    for (const noise of ['Bye.', 'The agent asks', '/orch resume']) expect(text).not.toContain(noise);
  });

  it('says what is not known', () => {
    const text = comment({
      quote: { ...QUOTE, usd: null, seconds: null, from: null, ahead: 0, capUsd: null },
    });
    for (const part of ['| Cost | not known', '| Time | not known', 'the next, 1 at work', 'no bound'])
      expect(text).toContain(part);
  });

  it('says that it is void, and how another is made', () => {
    expect(comment({ isStale: true })).toContain("so this plan can't be approved");
    expect(comment({ isStale: true })).not.toContain('Approve it');
  });

  it('folds it up when it is being changed, and when it is approved', () => {
    expect(comment({}, { state: 'running', question: null })).toContain(
      'version 2: is being changed</summary>',
    );
    const approved = { approvedBy: 'ann', approvedAt: NOW };
    expect(comment(approved, { state: 'completed', question: null })).toContain(
      'approved by `ann`</summary>',
    );
    expect(comment({}, { state: 'cancelled', question: null })).not.toContain('The plan');
  });

  it('shows a question of its agent as such', () => {
    expect(comment({}, { question: 'Which one?' })).toContain('**The agent asks:**');
  });
});

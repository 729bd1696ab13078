import { describe, expect, it } from 'vitest';
import { endRun } from '../../src/queue/change.ts';
import { parseSince, report } from '../../src/record/report.ts';
import type { Store } from '../../src/store/open.ts';
import type { Usage } from '../../src/store/usage.ts';
import type { Request, RunOutcome } from '../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const DAY = 86_400_000;
const at = new Date(NOW).toISOString();

/** A run that took a minute, with what it used. */
function ran(
  store: Store,
  { now = NOW, outcome, ...used }: Partial<Usage> & { now?: number; outcome?: RunOutcome },
  changes: Partial<Request> = {},
): void {
  const { run } = started(store, changes, now);
  store.runs.update(run, { spawnedAt: now });
  const nothing = { model: null, inputTokens: null, cachedTokens: null, outputTokens: null };
  if (Object.keys(used).length > 0)
    store.usage.write({
      ...{ task: run.task, run: 1, ...nothing, costUsd: null, costSource: null, at: now },
      ...used,
    });
  if (outcome) endRun(store, run, { outcome, exitCode: 0, reason: null, lastWords: null }, now + 60_000);
}

describe('the report', () => {
  it('adds up by day, repository and agent, and keeps apart where costs come from', () => {
    using store = memoryStore();
    const reported = { costUsd: 1.5, costSource: 'reported' } as const;
    const computed = { costUsd: 0.25, costSource: 'computed' } as const;
    ran(store, { outcome: 'crashed', inputTokens: 9, outputTokens: 1, now: NOW - 10 * DAY });
    ran(store, {
      outcome: 'succeeded',
      ...reported,
      inputTokens: 100,
      cachedTokens: 40,
      outputTokens: 10,
      now: NOW - DAY,
    });
    ran(store, { outcome: 'succeeded', ...reported });
    ran(store, { outcome: 'crashed', ...computed, inputTokens: 5, cachedTokens: 0, outputTokens: 5 });
    ran(store, { outcome: 'succeeded', inputTokens: 7, outputTokens: 1 });
    ran(store, {}, { repository: 'acme/mill', repositoryId: 8 });
    const told = report(store, NOW - 7 * DAY, NOW + 120_000);
    expect(told.rows).toEqual([
      {
        ...{ day: '2027-01-14', repository: 'acme/shop', agent: 'claude', tasks: 1, runs: 1, seconds: 60 },
        outcomes: { succeeded: 1 },
        tokens: { input: 100, cached: 40, output: 10 },
        cost: { usd: 1.5, reported_usd: 1.5, computed_usd: null, unknown_runs: 0 },
      },
      {
        ...{ day: '2027-01-15', repository: 'acme/shop', agent: 'claude', tasks: 3, runs: 3, seconds: 180 },
        outcomes: { succeeded: 2, crashed: 1 },
        tokens: { input: 12, cached: 0, output: 6 },
        cost: { usd: 1.75, reported_usd: 1.5, computed_usd: 0.25, unknown_runs: 1 },
      },
      {
        ...{ day: '2027-01-15', repository: 'acme/mill', agent: 'claude', tasks: 1, runs: 1, seconds: 120 },
        outcomes: { live: 1 },
        tokens: null,
        cost: { usd: null, reported_usd: null, computed_usd: null, unknown_runs: 1 },
      },
    ]);
    expect(told.total).toEqual({
      ...{ tasks: 5, runs: 5, seconds: 360, outcomes: { succeeded: 3, crashed: 1, live: 1 } },
      tokens: { input: 112, cached: 40, output: 16 },
      cost: { usd: 3.25, reported_usd: 3, computed_usd: 0.25, unknown_runs: 2 },
    });
  });

  it('tells how each agent has done, of runs that say something of it', () => {
    using store = memoryStore();
    const costs = (costUsd: number) => ({ costUsd, costSource: 'reported' }) as const;
    for (const usd of [1, 2, 9]) ran(store, { outcome: 'succeeded', ...costs(usd) });
    ran(store, { outcome: 'timed_out', ...costs(50) });
    ran(store, { outcome: 'cancelled' });
    ran(store, { outcome: 'rate_limited' });
    ran(store, {});
    expect(report(store, NOW, NOW).agents).toEqual([
      { agent: 'claude', runs: 4, succeeded: 3, median_seconds: 60, median_usd: 2 },
    ]);
    expect(report(store, NOW + 1, NOW).agents).toEqual([]);
  });

  it('counts no cost as unknown where no agent was started, and a task with two runs once', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    endRun(store, run, { outcome: 'failed', exitCode: null, reason: null, lastWords: null }, NOW);
    store.runs.insert({
      ...{ task: task.id, number: 2, epoch: 2, profile: 'claude', slot: 1, choice: null, startedAt: NOW },
      ...{ workspace: 'T1.2', session: null, keyboard: null },
    });
    expect(report(store, NOW, NOW).total).toMatchObject({ tasks: 1, runs: 2, cost: { unknown_runs: 0 } });
  });
});

describe('since', () => {
  it.each([
    ['7d', NOW - 7 * DAY],
    ['12h', NOW - DAY / 2],
    ['2026-11-01', Date.UTC(2026, 10, 1)],
  ])('%s is a time', (text, time) => expect(parseSince(text, NOW)).toBe(time));

  it.each(['', '7', '7w', 'd', '-1d', '2026-13-01', '2026-11-01T00:00', '999999d', at])('%j is none', text =>
    expect(() => parseSince(text, NOW)).toThrow('`since` must be like 7d, 12h or 2026-11-01'),
  );
});

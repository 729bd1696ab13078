import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { again, judge, type Policy, timeoutMs } from '../../src/scheduler/judge.ts';
import type { Sight } from '../../src/scheduler/stages.ts';
import { RUN_OUTCOMES, type Run, type Task } from '../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { POLICY } from './bench.ts';

const rows = (() => {
  using store = memoryStore();
  return started(store);
})();

interface Case {
  task?: Partial<Task>;
  run?: Partial<Run>;
  exit?: number | null;
  setupFailed?: string;
  killedBy?: string;
  policy?: Partial<Policy>;
  told?: Partial<Sight>;
  isSpokenTo?: boolean;
}

const LIMIT_ENDS = NOW + 900_000;

function verdict({ task, run, exit = null, setupFailed, killedBy, policy, told, isSpokenTo = false }: Case) {
  return judge(
    { ...rows.task, branch: 'orch/T1', ...task },
    { ...rows.run, spawnedAt: NOW, ...run },
    {
      session: 'ended',
      exitCode: exit,
      setupFailed: setupFailed ?? null,
      killedBy: killedBy ?? null,
      limit: null,
      heard: null,
      end: null,
      turnEndedAt: null,
      ...told,
    },
    { ...POLICY, ...policy },
    { now: NOW, isSpokenTo, limitEnds: LIMIT_ENDS },
  );
}

const OPEN: Partial<Task> = { pull: 5, head: 'abc' };
const PUSHED: Partial<Task> = { head: 'abc' };
const LATE: Partial<Run> = { stopReason: 'timed_out' };
const OK = { outcome: 'succeeded', next: 'completed' };
const DRAFT = { ...OK, draft: true };
const RETRY = { outcome: 'crashed', next: 'queued', patch: { tries: 1, readyAt: NOW + 60_000 } };
const GREEDY = 'it took more than 2048 MB of memory';
const FAILED = { outcome: 'failed', next: 'failed' };

describe('the verdict on an agent that', () => {
  it.each<[what: string, Case, expected: object]>([
    ['opened its pull request and ended', { task: OPEN, exit: 0 }, { ...OK, reason: null }],
    ['opened its pull request and crashed', { task: OPEN, exit: 1 }, OK],
    ['opened its pull request and was stopped for time', { task: OPEN, run: LATE }, OK],
    ['ended with nothing', { exit: 0 }, { ...FAILED, reason: 'the agent ended without a commit' }],
    ['said done with nothing', { run: { doneAt: NOW }, exit: 1 }, FAILED],
    ['ended with commits', { task: PUSHED, exit: 0 }, DRAFT],
    ['said done with commits and crashed', { task: PUSHED, run: { doneAt: NOW }, exit: 1 }, DRAFT],
    [
      'said done with commits and was stopped then',
      { task: PUSHED, run: { doneAt: NOW, stopReason: 'succeeded' } },
      DRAFT,
    ],
    ['said done, and a later command was missing', { task: PUSHED, run: { doneAt: NOW }, exit: 127 }, DRAFT],
    [
      'ended with commits where drafts are not wanted',
      { task: PUSHED, exit: 0, policy: { noPullRequest: 'fail' } },
      { ...FAILED, reason: 'the agent left commits on `orch/T1` without a pull request' },
    ],
    ['crashed', { exit: 1 }, { ...RETRY, reason: 'the agent crashed with exit code 1' }],
    ['crashed with commits', { task: PUSHED, exit: 1 }, RETRY],
    ['was killed from outside', {}, { ...RETRY, reason: 'the agent was killed from outside' }],
    [
      'crashed a second time',
      { task: { tries: 1 }, exit: 1 },
      { ...RETRY, patch: { tries: 2, readyAt: NOW + 120_000 } },
    ],
    [
      'crashed a third time',
      { task: { tries: 2 }, exit: 1 },
      { ...RETRY, patch: { tries: 3, readyAt: NOW + 240_000 } },
    ],
    [
      'crashed a fourth time',
      { task: { tries: 3 }, exit: 1 },
      {
        outcome: 'crashed',
        next: 'escalated',
        reason: 'the agent crashed with exit code 1 (tried 4 times)',
      },
    ],
    ['crashed where nothing is tried again', { exit: 1, policy: { maxRetries: 0 } }, { next: 'escalated' }],
    [
      'crashed and must not be retried',
      { exit: 1, policy: { retryOnFailure: false } },
      { next: 'escalated', reason: 'the agent crashed with exit code 1; retries are off for this agent' },
    ],
    [
      'took too long',
      { run: LATE, exit: 0 },
      {
        outcome: 'timed_out',
        next: 'queued',
        patch: { readyAt: NOW + 60_000 },
        reason: 'no result after 30 min',
      },
    ],
    [
      'took longer than its profile allows',
      { run: LATE, policy: { timeoutSeconds: 90 } },
      { reason: 'no result after 1 min 30 s' },
    ],
    ['took too long for the last time', { run: LATE, task: { tries: 3 } }, { next: 'escalated' }],
    ['took too long, with commits', { run: LATE, task: PUSHED }, { outcome: 'timed_out', next: 'queued' }],
    [
      'is not installed',
      { exit: 127 },
      { ...FAILED, reason: expect.stringMatching(/`claude` can't be run .*127.*agents\.claude\.command/) },
    ],
    ['may not be executed', { exit: 126 }, FAILED],
    [
      'could not start for its setup',
      { exit: 1, setupFailed: 'npm ci' },
      { ...FAILED, reason: 'the setup command `npm ci` failed' },
    ],
    ['was ended by a limit', { exit: 137, killedBy: GREEDY }, { ...FAILED, reason: GREEDY }],
    ['was ended by a limit, with commits', { task: PUSHED, exit: 137, killedBy: GREEDY }, FAILED],
    [
      'was ended by a limit after it opened its pull request',
      { task: OPEN, exit: 137, killedBy: GREEDY },
      { ...OK, reason: GREEDY },
    ],
    [
      'was ended by a limit after it said done',
      { task: PUSHED, run: { doneAt: NOW }, exit: 137, killedBy: GREEDY },
      DRAFT,
    ],
    ['could not start for a setup that is missing', { exit: 127, setupFailed: 'npm ci' }, FAILED],
  ])('%s', (_what, given, expected) => {
    expect(verdict(given)).toMatchObject(expected);
  });

  it('fails, is escalated or tried again always says why, and tries again at most as often as allowed', () => {
    fc.assert(
      fc.property(
        fc.record({
          task: fc.record({
            pull: fc.option(fc.constant(5)),
            head: fc.option(fc.constant('abc')),
            tries: fc.nat(9),
          }),
          run: fc.record({
            doneAt: fc.option(fc.constant(NOW)),
            stopReason: fc.option(fc.constantFrom(...RUN_OUTCOMES)),
          }),
          exit: fc.option(fc.integer({ min: 0, max: 255 })),
          policy: fc.record({
            maxRetries: fc.nat(9),
            retryOnFailure: fc.boolean(),
            noPullRequest: fc.constantFrom('draft' as const, 'fail' as const),
          }),
        }),
        given => {
          const made = verdict(given);
          if (made.next !== 'completed') expect(made.reason).toMatch(/\w/);
          if (given.task.pull !== null) expect(made).toMatchObject({ next: 'completed' });
          if (made.next === 'completed' && given.task.pull === null)
            expect([made.draft, given.task.head]).toEqual([true, 'abc']);
          if (made.next === 'queued') {
            expect(given.policy.retryOnFailure && given.task.tries < given.policy.maxRetries).toBe(true);
            expect(made.patch?.readyAt).toBe(NOW + 60_000 * 2 ** given.task.tries);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

it('what can pass by itself is told with what it was', () => {
  expect(again(rows.task, 'rate_limited', 'wait', POLICY, NOW)).toEqual({
    outcome: 'rate_limited',
    next: 'queued',
    patch: { tries: 1, readyAt: NOW + 60_000 },
    reason: 'wait',
  });
});

it('the time-out is the shorter of what task and profile allow', () => {
  expect(timeoutMs(rows.task, POLICY)).toBe(1_800_000);
  expect(timeoutMs(rows.task, { ...POLICY, timeoutSeconds: 60 })).toBe(60_000);
  expect(timeoutMs(rows.task, { ...POLICY, timeoutSeconds: 9999 })).toBe(1_800_000);
});

const LIMIT = { kind: 'usage', reason: 'the limit of five hours is reached', until: null } as const;
const ENDED = { ok: true, reason: null, permanent: false };
const HEARD: Partial<Case> = { run: { session: 's-1' }, told: { heard: true } };

describe('what a CLI tells of its end', () => {
  it.each<[what: string, Case, expected: object]>([
    ['well is believed before its exit code', { task: PUSHED, exit: 1, told: { end: ENDED } }, DRAFT],
    [
      'badly is believed before its exit code',
      { task: PUSHED, exit: 0, told: { end: { ok: false, reason: 'overloaded', permanent: false } } },
      { ...RETRY, reason: 'the agent failed: overloaded' },
    ],
    [
      'for good ends the task at once',
      { exit: 1, told: { end: { ok: false, reason: 'invalid key', permanent: true } } },
      { ...FAILED, reason: 'invalid key' },
    ],
  ])('%s', (_what, given, expected) => {
    expect(verdict(given)).toMatchObject(expected);
  });
});

describe('a limit', () => {
  const paused = { outcome: 'rate_limited', next: 'paused', patch: { resume: 1, wakeAt: LIMIT_ENDS } };
  it.each<[what: string, Case, expected: object]>([
    ['ends the run', { exit: 1, told: { limit: LIMIT } }, { ...paused, reason: LIMIT.reason }],
    ['for which the agent was stopped', { run: { stopReason: 'rate_limited' }, exit: 0 }, paused],
    ['after its commits', { task: PUSHED, exit: 1, told: { limit: LIMIT } }, paused],
    [
      'that a person decides on',
      { told: { limit: LIMIT }, policy: { onLimit: 'ask' } },
      { patch: { wakeAt: null } },
    ],
    [
      'after which another agent goes on',
      { told: { limit: LIMIT }, policy: { onLimit: 'switch' } },
      { next: 'queued' },
    ],
    ['that kept nobody from ending well', { task: PUSHED, exit: 0, told: { limit: LIMIT } }, DRAFT],
    ['after the pull request', { task: OPEN, exit: 1, told: { limit: LIMIT } }, OK],
    [
      'of who goes on with a pull request',
      { task: { ...OPEN, continues: 1 }, exit: 1, told: { limit: LIMIT } },
      paused,
    ],
    ['counts although people have said something', { told: { limit: LIMIT }, isSpokenTo: true }, paused],
  ])('%s', (_what, given, expected) => {
    expect(verdict(given)).toMatchObject(expected);
  });

  it('counts as no try', () => {
    for (const onLimit of ['wait', 'switch', 'ask'] as const)
      expect(verdict({ told: { limit: LIMIT }, policy: { onLimit } }).patch?.tries).toBeUndefined();
  });
});

describe('going on', () => {
  it.each<[what: string, Case, expected: object]>([
    ['follows a crash in a conversation', { ...HEARD, exit: 9 }, { patch: { tries: 1, resume: 1 } }],
    [
      'follows what people have said',
      { exit: 0, isSpokenTo: true },
      { next: 'queued', patch: { resume: 1 } },
    ],
    [
      'follows it before a pull request counts',
      { task: OPEN, exit: 0, isSpokenTo: true },
      { next: 'queued' },
    ],
    [
      'waits for the answer',
      { task: { question: 'Which?' }, exit: 0 },
      { next: 'paused', reason: 'the agent asks: Which?' },
    ],
    [
      'does not wait for an answer where who asked has crashed',
      { ...HEARD, task: { question: 'Which?' }, exit: 9 },
      { outcome: 'crashed', next: 'queued', patch: { tries: 1, resume: 1 } },
    ],
  ])('%s', (_what, given, expected) => {
    expect(verdict(given)).toMatchObject(expected);
  });

  it.each<[what: string, Case]>([
    ['an agent that had done nothing', { ...HEARD, told: { heard: false } }],
    ['a conversation without a name', { ...HEARD, run: { session: null } }],
    ['a time-out', { ...HEARD, run: { ...LATE, session: 's-1' } }],
  ])('does not follow %s', (_what, given) => {
    expect(verdict(given)).toMatchObject({ next: 'queued', patch: { tries: 1 } });
    expect(verdict(given).patch).not.toHaveProperty('resume');
  });

  it('with a pull request is completed by its own end, not by the pull request', () => {
    const task = { ...OPEN, continues: 1 };
    expect(verdict({ task, exit: 0 })).toMatchObject(OK);
    expect(verdict({ task, exit: 1 })).toMatchObject(RETRY);
    expect(verdict({ task, run: LATE })).toMatchObject({ outcome: 'timed_out', next: 'queued' });
  });
});

import { expect, it } from 'vitest';
import { holdOf, watchFailures } from '../../src/choice/failing.ts';
import { endRun } from '../../src/queue/change.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Store } from '../../src/store/open.ts';
import type { EndedRun } from '../../src/store/past.ts';
import { fakeClock, settled } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const CRASH = { outcome: 'crashed', exitCode: 1, reason: 'the agent crashed with exit code 1' } as const;

/** Runs of different tasks, the newest first, unless told. */
const runs = (...all: Partial<EndedRun>[]): EndedRun[] =>
  all.map((run, n) => ({ task: 100 - n, endedAt: NOW - n, ...CRASH, ...run }));
const bad = (count: number) => Array.from({ length: count }, () => ({}));

it.each([
  [5, 1],
  [6, 2],
  [7, 4],
  [11, 60],
  [20, 60],
])('after %i runs that went wrong an agent is left alone for %i minutes', (count, minutes) => {
  expect(holdOf(runs(...bad(count)))).toEqual({
    until: NOW + minutes * 60_000,
    reason: `its last ${count} runs went wrong, the last one: the agent crashed with exit code 1`,
  });
});

it.each([
  ['a wrong key', { outcome: 'failed', exitCode: 1, reason: 'the model refuses the key' }],
  ['a missing program', { outcome: 'failed', exitCode: null, reason: 'E_MISSING_PROGRAM: no codex' }],
  ['a missing login', { outcome: 'failed', exitCode: null, reason: 'E_AGENT_NOT_READY: not signed in' }],
] as const)('%s counts', (_, run) => {
  expect(holdOf(runs(...Array.from({ length: 5 }, () => run)))).not.toBeNull();
});

it.each([
  ['nothing has run', []],
  ['fewer went wrong', bad(4)],
  ['one of them succeeded', [...bad(4), { outcome: 'succeeded', exitCode: 0 }, ...bad(9)]],
  ['it is one task that goes wrong', Array.from({ length: 9 }, (_, n) => ({ task: n % 2 }))],
  ['they were killed from outside, as by a restart', Array(9).fill({ exitCode: null, reason: 'killed' })],
  [
    'they ended well without a commit',
    Array(9).fill({ outcome: 'failed', exitCode: 0, reason: 'no commit' }),
  ],
  ['they took too long', Array(9).fill({ outcome: 'timed_out', exitCode: 1 })],
  [
    'their repository was at fault',
    Array(9).fill({ outcome: 'failed', exitCode: null, reason: 'E_FORK: no' }),
  ],
] as [string, Partial<EndedRun>[]][])('it goes on where %s', (_, all) => {
  expect(holdOf(runs(...all))).toBeNull();
});

function crash(store: Store, now: number): void {
  const { run } = started(store, {}, now);
  store.runs.update(run, { spawnedAt: now });
  endRun(store, run, { ...CRASH, lastWords: null }, now);
}

it('each end is looked at: the profile gets no task, longer each time, until a run of it succeeds', async () => {
  using store = memoryStore();
  const clock = fakeClock(NOW);
  const watched = watchFailures({ store, clock, log: silentLog() });
  const until = () => store.breakers.opened(clock.now()).map(breaker => breaker.until - NOW);
  for (let n = 0; n < 4; n++) crash(store, NOW);
  await settled();
  expect(until()).toEqual([]);
  crash(store, NOW);
  await settled();
  expect(until()).toEqual([60_000]);
  await clock.advance(60_000);
  expect(until()).toEqual([]);
  crash(store, clock.now());
  await settled();
  expect(until()).toEqual([60_000 + 120_000]);
  await watched.stop();
});

it('a longer limit of its vendor stays', async () => {
  using store = memoryStore();
  const watched = watchFailures({ store, clock: fakeClock(NOW), log: silentLog() });
  for (let n = 0; n < 5; n++) {
    const { run } = started(store);
    if (n === 4) store.breakers.open('claude', NOW + 3600_000, 'weekly limit');
    endRun(store, run, { ...CRASH, lastWords: null }, NOW);
  }
  await watched.stop();
  expect(store.breakers.opened(NOW)).toMatchObject([{ until: NOW + 3600_000, reason: 'weekly limit' }]);
});

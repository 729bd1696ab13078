import { describe, expect, it } from 'vitest';
import { chooser } from '../../src/choice/choose.ts';
import { nextStepIn } from '../../src/daemon/next-step.ts';
import { cancel, changeState, pause } from '../../src/queue/change.ts';
import type { Policy } from '../../src/scheduler/judge.ts';
import type { Sight } from '../../src/scheduler/stages.ts';
import { isoTime } from '../../src/shared/clock.ts';
import type { Store } from '../../src/store/open.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { aProfile, memoryStore, NO_WISHES, NOW, queued, started } from '../support/tasks.ts';

const NOTHING = {
  turnEndedAt: null,
  exitCode: null,
  setupFailed: null,
  killedBy: null,
  limit: null,
  heard: null,
  end: null,
};
const POLICY: Policy = {
  ...{ maxRetries: 3, retryDelaySeconds: 60, retryOnFailure: true, timeoutSeconds: null },
  noPullRequest: 'draft',
  onLimit: 'wait',
};

function next(
  store: Store,
  {
    session = 'alive',
    held = null,
    ...bounds
  }: { session?: Sight['session']; held?: string | null; concurrent?: number; perRepository?: number } = {},
) {
  const limits = { concurrent: 9, perRepository: null, profiles: [aProfile('claude', 2)], ...bounds };
  const step = nextStepIn({
    store,
    clock: fakeClock(NOW),
    look: async () => ({ ...NOTHING, session }),
    policy: () => POLICY,
    graceSeconds: 30,
    choose: chooser(store, limits, NO_WISHES),
    limits,
    held: () => held,
  });
  return async (task: number) => {
    const { step: name, why } = await step(store.tasks.get(task) as Task);
    return `${name}: ${why}`;
  };
}

describe('the next step', () => {
  it('of a queued task is the claim, or what it waits for', async () => {
    using store = memoryStore();
    queued(store);
    queued(store);
    expect(await next(store)(1)).toBe('claim: claude-1 takes it: the only agent');
    expect(await next(store)(2)).toBe('wait: T1 goes first');
    expect(await next(store, { held: 'waits for T9, which works on `a.js` too' })(1)).toBe(
      'wait: it waits for T9, which works on `a.js` too',
    );
    store.dependencies.add(2, 1);
    expect(await next(store)(2)).toBe('wait: it comes after T1');
    store.tasks.update(1, 0, { readyAt: NOW + 60_000, reason: 'it crashed' });
    expect(await next(store)(1)).toBe(`wait: it is tried again at ${isoTime(NOW + 60_000)}: it crashed`);
  });

  it('of a queued task is to wait while no agent is free', async () => {
    using store = memoryStore();
    started(store);
    started(store);
    queued(store);
    expect(await next(store, { concurrent: 2 })(3)).toBe(
      'wait: 2 agents work, as many as limits.concurrent allows',
    );
    const none = 'no agent is free';
    expect(await next(store)(3)).toBe(`wait: ${none}: claude works on 2 of 2`);
    store.breakers.open('claude', NOW + 1000, 'much');
    expect(await next(store)(3)).toBe(`wait: ${none}: claude gets none until ${isoTime(NOW + 1000)} (much)`);
    using other = memoryStore();
    started(other);
    queued(other);
    expect(await next(other, { perRepository: 1 })(2)).toBe(
      'wait: its agent is not free, or its repository or a budget allows no more: claude works on 1 of 2',
    );
  });

  it('of a task with a run is what the scheduler would decide', async () => {
    using store = memoryStore();
    const { run } = started(store);
    expect(await next(store, { session: 'none' })(1)).toBe(
      'start: the session of T1.1 is not there; its workspace is made and its agent started',
    );
    expect(await next(store)(1)).toContain('adopt: the session of T1.1 is alive; ');
    store.runs.update(run, { spawnedAt: NOW });
    expect(await next(store)(1)).toBe(
      `wait: the session of T1.1 is alive; it is asked to end at ${isoTime(NOW + 1_800_000)} at the latest`,
    );
    store.runs.update(run, { stopAt: NOW });
    expect(await next(store)(1)).toContain(`it was asked to end, and is killed at ${isoTime(NOW + 30_000)}`);
    expect(await next(store, { session: 'ended' })(1)).toContain('settle: the session of T1.1 is over; ');
    expect(await next(store, { session: 'unknown' })(1)).toContain('does not answer');
    expect(await next(store, { session: 'unknown' })(1)).toContain('until something happens');
  });

  it('of a task that waits for people, or is over, is none', async () => {
    using store = memoryStore();
    queued(store);
    pause(store, 1, 'paused by ann', null, NOW);
    expect(await next(store)(1)).toBe('wait: until a person resumes it: paused by ann');
    queued(store);
    pause(store, 2, 'a limit', NOW + 1000, NOW);
    expect(await next(store)(2)).toBe(`wait: until ${isoTime(NOW + 1000)}: a limit`);
    store.tasks.update(2, store.tasks.get(2)?.epoch ?? 0, { question: 'Which?' });
    expect(await next(store)(2)).toBe('wait: its agent asks: Which?');
    queued(store);
    cancel(store, 3, 'no more', NOW);
    expect(await next(store)(3)).toBe('none: it is cancelled: no more');
    const task = queued(store);
    changeState(store, task, 'failed', NOW);
    expect(await next(store)(4)).toBe('none: it is failed');
  });
});

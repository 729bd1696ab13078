import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/choice/candidates.ts';
import { chooser, type Limits } from '../../src/choice/choose.ts';
import { cancel, endRun, pause, promote, resume, retry } from '../../src/queue/change.ts';
import { claim } from '../../src/queue/claim.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, RunOutcome } from '../../src/task/glossary.ts';
import { aProfile, memoryStore, NO_WISHES, NOW, queued } from '../support/tasks.ts';

const TWO: Limits = {
  concurrent: 9,
  perRepository: null,
  profiles: [aProfile('claude', 2), aProfile('codex', 1)],
};

function next(
  store: Store,
  limits: Partial<Limits> = {},
  own: Partial<ReturnType<typeof NO_WISHES>> = {},
  now = NOW,
) {
  const choose = chooser(store, { ...TWO, ...limits }, () => ({ ...NO_WISHES(), ...own }));
  const claimed = claim(store, choose, now);
  return claimed && `${claimed.task.id} by ${claimed.run.profile}-${claimed.run.slot}`;
}

function end(store: Store, run: Run, outcome: RunOutcome): void {
  endRun(store, run, { outcome, exitCode: null, reason: null, lastWords: null }, NOW);
  const { epoch } = store.tasks.get(run.task) as { epoch: number };
  store.tasks.update(run.task, epoch, { state: 'queued' });
}

describe('the next task', () => {
  it('takes by priority, then by age; a low task that waited long is a normal one', () => {
    using store = memoryStore();
    queued(store, { priority: 'low' }, NOW - 10);
    queued(store, { priority: 'low' });
    queued(store);
    queued(store, { priority: 'high' });
    promote(store, NOW - 10, NOW);
    const wide = { profiles: [aProfile('a', 9)] };
    const order = [1, 2, 3, 4].map(() => next(store, wide));
    expect(order).toEqual(['4 by a-1', '1 by a-2', '3 by a-3', '2 by a-4']);
  });

  it('passes by what is delayed, and comes back to it in time', () => {
    using store = memoryStore();
    const delayed = queued(store, { priority: 'high' });
    store.tasks.update(delayed.id, 0, { readyAt: NOW + 60_000 });
    queued(store);
    expect(next(store)).toBe('2 by claude-1');
    expect(next(store)).toBeNull();
    expect(next(store, {}, {}, NOW + 60_000)).toBe('1 by codex-1');
  });

  it('keeps the limit of all, dying runs included', () => {
    using store = memoryStore();
    for (let n = 0; n < 3; n++) queued(store);
    expect(next(store, { concurrent: 1 })).toBe('1 by claude-1');
    cancel(store, 1, 'no', NOW);
    expect(next(store, { concurrent: 1 })).toBeNull();
    end(store, store.runs.get(1, 1) as Run, 'cancelled');
    expect(next(store, { concurrent: 1 })).not.toBeNull();
  });

  it("keeps the server's limit and the repository's own, without holding up other repositories", () => {
    using store = memoryStore();
    queued(store);
    queued(store);
    queued(store, { repositoryId: 8, repository: 'acme/other' });
    expect(next(store, { perRepository: 1 })).toBe('1 by claude-1');
    expect(next(store, { perRepository: 1 })).toBe('3 by codex-1');
    expect(next(store, { perRepository: 1 })).toBeNull();
    expect(next(store, {}, { concurrency: 1 })).toBeNull();
    expect(next(store, { perRepository: 1 }, { concurrency: 5 })).toBeNull();
    expect(next(store, { perRepository: 5 }, { concurrency: 2 })).toBe('2 by claude-2');
  });

  it('gives out free slots, the lowest first, and never one twice', () => {
    using store = memoryStore();
    for (let n = 0; n < 5; n++) queued(store, { agent: 'claude' });
    expect([next(store), next(store), next(store)]).toEqual(['1 by claude-1', '2 by claude-2', null]);
    endRun(
      store,
      store.runs.get(1, 1) as Run,
      { outcome: 'failed', exitCode: 1, reason: null, lastWords: null },
      NOW,
    );
    expect([next(store), next(store)]).toEqual(['3 by claude-1', null]);
  });

  it('does not let a busy agent hold up tasks for others', () => {
    using store = memoryStore();
    for (const agent of ['codex', 'codex', 'claude', null]) queued(store, { agent });
    expect([next(store), next(store), next(store), next(store)]).toEqual([
      '1 by codex-1',
      '3 by claude-1',
      '4 by claude-2',
      null,
    ]);
  });

  it('does not look through the queue while every agent is busy', () => {
    using store = memoryStore();
    for (let n = 0; n < 4; n++) queued(store);
    queued(store, { agent: 'gone' });
    while (next(store)) {}
    const { claimable } = store.tasks;
    store.tasks.claimable = () => {
      throw new Error('the queue was read');
    };
    expect(next(store)).toBeNull();
    store.tasks.claimable = claimable;
    end(store, store.runs.get(1, 1) as Run, 'crashed');
    expect(next(store)).toBe('1 by claude-1');
  });

  it('never makes a second run while one of the same task lives', () => {
    using store = memoryStore();
    queued(store);
    next(store);
    cancel(store, 1, 'no', NOW);
    retry(store, 1, 'again', NOW);
    queued(store);
    expect(next(store)).toBe('2 by codex-1');
    expect(next(store)).toBeNull();
  });
});

describe('the agent', () => {
  it('is the one asked for, else the one that the repository names, else the least loaded', () => {
    using store = memoryStore();
    queued(store, { agent: 'codex' });
    queued(store);
    queued(store);
    expect(next(store, {}, { agent: 'claude' })).toBe('1 by codex-1');
    expect(next(store, {}, { agent: 'claude' })).toBe('2 by claude-1');
    expect(next(store, {}, { agent: 'gone' })).toBe('3 by claude-2');
  });

  it('is less loaded by share, not by number', () => {
    using store = memoryStore();
    const profiles = [aProfile('small', 1), aProfile('big', 4)];
    for (let n = 0; n < 5; n++) queued(store);
    const order = [1, 2, 3].map(() => next(store, { profiles }));
    expect(order).toEqual(['1 by small-1', '2 by big-1', '3 by big-2']);
  });

  it('is another one after a time-out, and only then', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude' });
    next(store);
    end(store, store.runs.get(1, 1) as Run, 'crashed');
    expect(next(store)).toBe('1 by claude-1');
    end(store, store.runs.get(1, 2) as Run, 'timed_out');
    expect(next(store)).toBe('1 by codex-1');
  });

  it('is the same one after a time-out when there is no other', () => {
    using store = memoryStore();
    queued(store);
    const profiles = [aProfile('claude', 1)];
    next(store, { profiles });
    end(store, store.runs.get(1, 1) as Run, 'timed_out');
    expect(next(store, { profiles })).toBe('1 by claude-1');
  });

  it('that is in no settings any more fails the task with the next step, and holds up no other', () => {
    using store = memoryStore();
    queued(store, { agent: 'gone' });
    queued(store);
    expect(next(store)).toBe('2 by claude-1');
    expect(store.tasks.get(1)).toMatchObject({
      state: 'failed',
      reason: 'E_UNKNOWN_AGENT: gone is not in the settings any more. Name one of the agents in orch.yaml.',
    });
    expect(store.journal.ofTask(1).at(-1)).toMatchObject({ data: { from: 'queued', to: 'failed' } });
  });

  it('that the repository allows but the server has not is missing as well', () => {
    using store = memoryStore();
    queued(store);
    expect(next(store, {}, { agents: ['gemini'] })).toBeNull();
    expect(store.tasks.get(1)?.state).toBe('failed');
  });

  it('is waited for while the server has none at all', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude' });
    expect(next(store, { profiles: [] })).toBeNull();
    expect(next(store)).toBe('1 by claude-1');
  });
});

describe('the reason', () => {
  const chosen = (store: Store, own: Partial<ReturnType<typeof NO_WISHES>> = {}, profiles = SKILLED) => {
    const choose = chooser(store, { ...TWO, profiles }, () => ({ ...NO_WISHES(), ...own }));
    const run = claim(store, choose, NOW)?.run;
    return run && `${run.profile}: ${run.choice}`;
  };
  const SKILLED = [aProfile('claude', 2, ['code', 'docs']), aProfile('codex', 2, ['code', 'tests'])];

  it('is a capability where one is asked for, and nobody else takes the task', () => {
    using store = memoryStore();
    for (const word of ['tests', 'tests', 'tests', 'docs']) queued(store, { capabilities: [word] });
    expect(chosen(store)).toBe('codex: capability tests');
    expect(chosen(store)).toBe('codex: capability tests');
    expect(chosen(store)).toBe('claude: capability docs');
    expect(chosen(store)).toBeUndefined();
  });

  it('goes on to the load where several have it', () => {
    using store = memoryStore();
    for (let n = 0; n < 4; n++) queued(store, { capabilities: ['code', 'code'] });
    expect([chosen(store), chosen(store), chosen(store), chosen(store)]).toEqual([
      'claude: capability code; least loaded, 0 of 2',
      'codex: capability code; least loaded, 0 of 2',
      'claude: capability code; least loaded, 1 of 2',
      'codex: capability code; the only free one',
    ]);
  });

  it('is who was asked for, whatever its capabilities are by now', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude', capabilities: ['tests'] });
    expect(chosen(store)).toBe('claude: asked for');
  });

  it("is the repository's own agent, where that has what is asked for", () => {
    using store = memoryStore();
    queued(store, { capabilities: ['code'] });
    queued(store, { capabilities: ['tests'] });
    expect(chosen(store, { agent: 'claude' })).toBe("claude: the repository's own");
    expect(chosen(store, { agent: 'claude' })).toBe('codex: capability tests');
  });

  it('is that there is no other', () => {
    using store = memoryStore();
    queued(store);
    expect(chosen(store, { agents: ['codex'] })).toBe('codex: the only agent');
  });

  it('is what became of the run before', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude' });
    chosen(store);
    end(store, store.runs.get(1, 1) as Run, 'timed_out');
    expect(chosen(store)).toBe('codex: another one after claude');
  });

  it('stands in the run and in the journal', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude' });
    chosen(store);
    expect(store.runs.get(1, 1)?.choice).toBe('asked for');
    expect(store.journal.ofTask(1).at(-1)?.data).toEqual({ run: 1, agent: 'claude-1', choice: 'asked for' });
  });
});

describe('after a time-out or a limit', () => {
  const SKILLED = [aProfile('claude', 1, ['docs']), aProfile('codex', 1, ['docs']), aProfile('gemini', 1)];

  it('another agent must have what was asked for; else the same one tries again', () => {
    using store = memoryStore();
    queued(store, { capabilities: ['docs'] });
    next(store, { profiles: SKILLED });
    end(store, store.runs.get(1, 1) as Run, 'timed_out');
    expect(next(store, { profiles: SKILLED })).toBe('1 by codex-1');
    end(store, store.runs.get(1, 2) as Run, 'timed_out');
    const [claude, , gemini] = SKILLED as [Profile, Profile, Profile];
    const without = [claude, gemini].map(each => ({ ...each, name: each === claude ? 'codex' : 'gemini' }));
    expect(next(store, { profiles: without })).toBe('1 by codex-1');
  });

  it('one at its own limit is no other', () => {
    using store = memoryStore();
    queued(store, { agent: 'claude' });
    next(store);
    end(store, store.runs.get(1, 1) as Run, 'timed_out');
    store.breakers.open('codex', NOW + 86_400_000, 'weekly limit');
    expect(next(store)).toBe('1 by claude-1');
  });
});

it('a capability that nobody has any more fails the task with the next step', () => {
  using store = memoryStore();
  queued(store, { capabilities: ['tests'] });
  expect(next(store)).toBeNull();
  expect(store.tasks.get(1)).toMatchObject({
    state: 'failed',
    reason:
      'E_CAPABILITY: No agent here has the capability tests any more. Ask without it, or add it to the `capabilities` of an agent in orch.yaml.',
  });
});

describe('a task that goes on', () => {
  function paused(store: Store, session: string | null = 's-1'): Run {
    queued(store, { agent: 'claude' });
    next(store);
    const run = store.runs.get(1, 1) as Run;
    store.runs.update(run, { session, spawnedAt: NOW });
    pause(store, 1, 'lunch', null, NOW);
    endRun(store, run, { outcome: 'paused', exitCode: null, reason: null, lastWords: null }, NOW);
    resume(store, 1, NOW);
    return run;
  }

  it('gets the workspace and the session of the run that it goes on with, once', () => {
    using store = memoryStore();
    paused(store);
    expect(next(store)).toBe('1 by claude-1');
    expect(store.runs.get(1, 2)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
    expect(store.tasks.get(1)?.resume).toBeNull();
  });

  it('waits for the same agent while that is busy or at its limit', () => {
    using store = memoryStore();
    paused(store);
    store.breakers.open('claude', NOW + 10, 'limit');
    expect(next(store)).toBeNull();
    expect(store.tasks.nextReady(NOW)).toBe(NOW + 10);
    expect(next(store, {}, {}, NOW + 10)).toBe('1 by claude-1');
  });

  it('begins anew with another agent when that one is gone from the settings', () => {
    using store = memoryStore();
    paused(store);
    store.tasks.update(1, store.tasks.get(1)?.epoch ?? 0, { agent: null });
    expect(next(store, { profiles: [aProfile('codex', 1)] })).toBe('1 by codex-1');
    expect(store.runs.get(1, 2)).toMatchObject({ workspace: 'T1.2', session: null });
  });
});

describe('a task that continues another', () => {
  const BRANCH = { branch: 'orch/T1', head: 'abc', target: 'main', baseSha: 'base' };

  /** The first has succeeded on its branch; so many more go on with it. */
  function followed(store: Store, count: number): void {
    queued(store, { agent: 'claude' });
    next(store);
    const run = store.runs.get(1, 1) as Run;
    store.runs.update(run, { session: 's-1', spawnedAt: NOW });
    endRun(store, run, { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null }, NOW);
    store.tasks.update(1, 1, { ...BRANCH, head: 'tip', state: 'completed' });
    for (let n = 0; n < count; n++) {
      const { id } = queued(store);
      store.tasks.update(id, 0, { ...BRANCH, continues: 1 });
    }
  }

  it('goes on where that one stopped, and knows of the branch what is there', () => {
    using store = memoryStore();
    followed(store, 1);
    expect(next(store)).toBe('2 by claude-1');
    expect(store.runs.get(2, 1)).toMatchObject({ workspace: 'T1.1', session: 's-1' });
    expect(store.tasks.get(2)?.head).toBe('tip');
  });

  it('waits for its turn: one live run a branch', () => {
    using store = memoryStore();
    followed(store, 2);
    expect([next(store), next(store)]).toEqual(['2 by claude-1', null]);
    end(store, store.runs.get(2, 1) as Run, 'crashed');
    store.tasks.update(2, 1, { state: 'failed' });
    expect(next(store)).toBe('3 by claude-1');
  });

  it('begins anew where the workspace is gone', () => {
    using store = memoryStore();
    followed(store, 1);
    store.runs.cleaned(store.runs.get(1, 1) as Run, NOW);
    next(store);
    expect(store.runs.get(2, 1)).toMatchObject({ workspace: 'T2.1', session: null });
  });
});

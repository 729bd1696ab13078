import { describe, expect, it } from 'vitest';
import { cancel, changeState, endRun } from '../../src/queue/change.ts';
import { openStore } from '../../src/store/open.ts';
import type { Run } from '../../src/task/glossary.ts';
import { memory, memoryStore, NOW, queued, started } from '../support/tasks.ts';

describe('dependencies', () => {
  it('lead to older tasks only, so that no task can wait for itself', () => {
    using store = memoryStore();
    const [first, second] = [queued(store).id, queued(store).id];
    store.dependencies.add(second, first);
    expect(() => store.dependencies.add(first, second)).toThrow(/CHECK/);
    expect(() => store.dependencies.add(first, first)).toThrow(/CHECK/);
    expect([store.dependencies.of(first), store.dependencies.of(second)]).toEqual([[], [first]]);
  });
});

describe('tasks', () => {
  it('come back as they were written', () => {
    using store = memoryStore();
    const wishes = {
      agent: 'codex',
      model: 'm',
      headSha: 'abc',
      onPullRequest: true,
      base: null,
      contextFiles: ['a b.md'],
    };
    const task = queued(store, { ...wishes, priority: 'high' });
    expect(store.tasks.get(task.id)).toEqual(task);
    expect(task).toMatchObject({ ...wishes, priority: 'high', state: 'queued', epoch: 0, runs: 0, tries: 0 });
    expect(store.tasks.bySource(task.source)).toEqual(task);
    expect(store.tasks.get(99)).toBeNull();
  });

  it('are written by who holds the epoch, and by nobody else', () => {
    using store = memoryStore();
    const { id } = queued(store);
    expect(store.tasks.update(id, 1, { head: 'stale' })).toBe(false);
    expect(store.tasks.update(id, 0, { head: 'mine', epoch: 1, priority: 'low' })).toBe(true);
    expect(store.tasks.update(id, 0, { head: 'old' })).toBe(false);
    expect(store.tasks.get(id)).toMatchObject({ head: 'mine', epoch: 1, priority: 'low' });
  });

  it('never get the number of one that was there before', () => {
    using store = memoryStore();
    const first = queued(store).id;
    expect(() =>
      store.transaction(() => {
        queued(store);
        throw new Error('undone');
      }),
    ).toThrow();
    expect(queued(store).id).toBeGreaterThan(first);
  });

  it('get the number that was set, and go on from there', () => {
    using store = memoryStore();
    store.tasks.countFrom(17_000_000_001);
    expect(queued(store).id).toBe(17_000_000_001);
    expect(queued(store).id).toBe(17_000_000_002);
  });

  it('are claimable by priority, then by age, once their time has come', () => {
    using store = memoryStore();
    const low = queued(store, { priority: 'low' }).id;
    const second = queued(store).id;
    const third = queued(store).id;
    const high = queued(store, { priority: 'high' }).id;
    store.tasks.update(second, 0, { readyAt: NOW + 1 });
    const order = (now: number) => [...store.tasks.claimable(now)].map(({ id }) => id);
    expect(order(NOW)).toEqual([high, third, low]);
    expect(order(NOW + 1)).toEqual([high, second, third, low]);
    expect(store.tasks.nextReady(NOW)).toBe(NOW + 1);
    expect(store.tasks.nextReady(NOW + 1)).toBeNull();
  });

  it('are claimable though their time is to come, when the clock was set back since it was written', () => {
    using store = memoryStore();
    const { id } = queued(store);
    store.tasks.update(id, 0, { readyAt: NOW + 60_000 });
    expect([...store.tasks.claimable(NOW)]).toEqual([]);
    expect([...store.tasks.claimable(NOW - 1)]).toHaveLength(1);
  });

  it('can be looked through from the first on while others are read', () => {
    using store = memoryStore();
    for (let n = 0; n < 3; n++) queued(store);
    for (const task of store.tasks.claimable(NOW)) {
      expect(store.runs.ofTask(task.id)).toEqual([]);
      if (task.id === 2) break;
    }
    expect(() => queued(store)).not.toThrow();
  });

  it('are found by issue, pull request, branch and state, the newest first', () => {
    using store = memoryStore();
    const [a, b] = [queued(store), queued(store)];
    queued(store, { repositoryId: 8 });
    queued(store, { issue: 43 });
    store.tasks.update(a.id, 0, { pull: 5, pullState: 'open', branch: 'orch/T1' });
    const ids = (tasks: { id: number }[]) => tasks.map(({ id }) => id);
    expect(ids(store.tasks.byIssue(7, 42))).toEqual([b.id, a.id]);
    expect(ids(store.tasks.byPull(7, 5))).toEqual([a.id]);
    expect(store.tasks.byPull(8, 5)).toEqual([]);
    expect(store.tasks.onBranch(7, 'orch/T1').map(({ id }) => id)).toEqual([a.id]);
    expect(store.tasks.onBranch(8, 'orch/T1')).toEqual([]);
    expect(ids(store.tasks.withOpenPull())).toEqual([a.id]);
    cancel(store, b.id, 'no', NOW);
    expect(ids(store.tasks.list(2))).toEqual([4, 3]);
    expect(ids(store.tasks.list(9, ['cancelled']))).toEqual([b.id]);
    expect(store.tasks.counts()).toEqual({ queued: 3, cancelled: 1 });
    expect(store.tasks.countOpen()).toBe(3);
  });
});

describe('runs', () => {
  it('are live until their end is recorded', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    expect(store.runs.live()).toEqual([run]);
    expect(store.runs.liveOf(task.id)).toEqual(run);
    expect(store.runs.load()).toEqual([
      { task: task.id, repositoryId: 7, branch: null, profile: 'claude', slot: 1 },
    ]);
    expect(store.runs.update({ ...run, epoch: 99 }, { pid: 1 })).toBe(false);
    endRun(store, run, { outcome: 'failed', exitCode: 2, reason: 'r', lastWords: 'w' }, NOW + 5);
    expect(store.runs.live()).toEqual([]);
    expect(store.runs.liveOf(task.id)).toBeNull();
    expect(store.runs.ofTask(task.id)).toMatchObject([
      { outcome: 'failed', exitCode: 2, reason: 'r', lastWords: 'w', endedAt: NOW + 5 },
    ]);
    expect(store.runs.get(task.id, 2)).toBeNull();
  });

  it('leave the disk when their task is over and its pull request is, or when nobody touched it for long', () => {
    using store = memoryStore();
    const ending = { outcome: 'succeeded', exitCode: 0, reason: null, lastWords: null } as const;
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    const removable = (before: number) => store.runs.removable(before).map(({ number }) => number);
    changeState(store, task, 'running', NOW);
    const running = { ...task, state: 'running' } as const;
    store.tasks.update(task.id, task.epoch, { pull: 3, pullState: 'merged' });
    expect(removable(NOW)).toEqual([]);
    changeState(store, running, 'completed', NOW);
    expect(removable(NOW), 'while its agent still lives').toEqual([]);
    endRun(store, run, ending, NOW);
    expect(removable(NOW - 1)).toEqual([1]);
    expect(store.runs.removableOf(task.id, NOW - 1)).toHaveLength(1);
    expect(store.runs.removableOf(task.id + 1, NOW - 1)).toEqual([]);
    store.tasks.update(task.id, task.epoch, { pullState: 'open' });
    expect(removable(NOW - 1)).toEqual([]);
    expect(removable(NOW)).toEqual([1]);
    store.tasks.update(task.id, task.epoch, { pull: null, pullState: null });
    expect(removable(NOW - 1), 'without a pull request').toEqual([]);
    expect(removable(NOW)).toEqual([1]);
    store.runs.cleaned(run, NOW);
    expect(store.runs.get(task.id, 1)?.cleanedAt).toBe(NOW);
    expect(removable(NOW)).toEqual([]);
  });

  it('leave the disk only when no run needs the workspace that they share any more', () => {
    using store = memoryStore();
    const ending = { outcome: 'paused', exitCode: 0, reason: null, lastWords: null } as const;
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    endRun(store, run, ending, NOW);
    store.tasks.update(task.id, task.epoch, { state: 'completed', pullState: 'merged' });
    const next = started(store);
    store.runs.update(next.run, { workspace: run.workspace });
    const removable = () => store.runs.removable(0).map(each => `T${each.task}.${each.number}`);
    expect(removable(), 'while the second may still start there').toEqual([]);
    store.runs.update(next.run, { spawnedAt: NOW });
    endRun(store, next.run, ending, NOW);
    expect(removable(), 'while the second is to go on').toEqual([]);
    store.tasks.update(next.task.id, next.task.epoch, { state: 'completed', pullState: 'closed' });
    expect(removable()).toEqual(['T1.1', 'T2.1']);
  });

  it('that never got an agent do not take away the workspace of the run before', () => {
    using store = memoryStore();
    const ending = { outcome: 'failed', exitCode: null, reason: null, lastWords: null } as const;
    const { task, run } = started(store);
    store.runs.update(run, { spawnedAt: NOW });
    endRun(store, run, ending, NOW);
    store.runs.insert({ ...run, number: 2, epoch: 2 });
    endRun(store, store.runs.get(task.id, 2) as Run, ending, NOW);
    store.tasks.update(task.id, task.epoch, { state: 'queued' });
    expect(store.runs.removable(NOW)).toEqual([]);
  });

  it('that never got an agent leave the disk when they have ended, whatever becomes of their task', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const ending = { outcome: 'failed', exitCode: null, reason: 'no sandbox', lastWords: null } as const;
    expect(store.runs.removable(0)).toEqual([]);
    changeState(store, task, 'queued', NOW);
    endRun(store, run, ending, NOW);
    expect(store.runs.removable(0)).toHaveLength(1);
  });

  it('are history once they have ended', () => {
    using store = memoryStore();
    const { task, run } = started(store);
    const ending = { outcome: 'failed', exitCode: 2, reason: null, lastWords: null } as const;
    endRun(store, run, ending, NOW);
    expect(store.runs.update(run, { doneAt: NOW })).toBe(false);
    expect(endRun(store, run, { ...ending, outcome: 'succeeded' }, NOW)).toBe(false);
    expect(store.runs.get(task.id, 1)).toMatchObject({ outcome: 'failed', doneAt: null });
  });
});

describe('the journal', () => {
  it('tells each reader what it has not read, task by task', () => {
    using store = memoryStore();
    const [a, b] = [queued(store).id, queued(store).id];
    expect(store.journal.behind('x')).toEqual([
      { task: a, seq: 1 },
      { task: b, seq: 2 },
    ]);
    store.journal.moveCursor('x', a, 1);
    expect(store.journal.behind('x')).toEqual([{ task: b, seq: 2 }]);
    expect(store.journal.behind('y')).toHaveLength(2);
    cancel(store, a, 'no', NOW);
    expect(store.journal.behind('x')).toEqual([
      { task: a, seq: 3 },
      { task: b, seq: 2 },
    ]);
    expect(store.journal.ofTask(a, store.journal.cursor('x', a)).map(({ type }) => type)).toEqual([
      'task:state',
    ]);
  });

  it('has cursors that never go back', () => {
    using store = memoryStore();
    const { id } = queued(store);
    expect(store.journal.cursor('x', id)).toBe(0);
    store.journal.moveCursor('x', id, 5);
    store.journal.moveCursor('x', id, 3);
    expect(store.journal.cursor('x', id)).toBe(5);
  });

  it('takes no event of a task that is not there', () => {
    using store = memoryStore();
    expect(() => store.journal.append(NOW, 99, 'task:queued', {})).toThrow(/FOREIGN KEY/);
  });

  it('gives no news to who has stopped listening', () => {
    using store = memoryStore();
    const heard: number[] = [];
    store.journal.onAppend(task => heard.push(task))[Symbol.dispose]();
    queued(store);
    expect(heard).toEqual([]);
  });
});

describe('the inbox', () => {
  it('takes a delivery once, in the order of arrival', () => {
    using store = memoryStore();
    expect(store.inbox.add('g1', 'issues', '{"a":1}', NOW)).toBe(true);
    expect(store.inbox.add('g2', 'issues', '{}', NOW)).toBe(true);
    expect(store.inbox.add('g1', 'issues', '{"changed":true}', NOW + 9)).toBe(false);
    const first = {
      id: 1,
      delivery: 'g1',
      event: 'issues',
      payload: '{"a":1}',
      receivedAt: NOW,
      tries: 0,
    };
    expect(store.inbox.next()).toEqual(first);
    expect(store.inbox.get(1)).toEqual(first);
    expect(store.inbox.next(1)).toMatchObject({ delivery: 'g2' });
    expect(store.inbox.next(2)).toBeNull();
    expect(store.inbox.waiting()).toBe(2);
  });

  it('counts the tries in vain', () => {
    using store = memoryStore();
    store.inbox.add('g1', 'issues', '{}', NOW);
    store.inbox.failed(1, 'GitHub is away');
    expect(store.inbox.next()).toMatchObject({ delivery: 'g1', tries: 1 });
    store.inbox.handled(1, NOW);
    expect(store.inbox.next()).toBeNull();
  });

  it('keeps what was given up for people to look at, until it forgets it', () => {
    using store = memoryStore();
    store.inbox.add('g1', 'issues', '{"a":1}', NOW);
    store.inbox.givenUp(1, NOW, 'broken');
    expect(store.inbox.next()).toBeNull();
    expect(store.inbox.get(1)).toMatchObject({ payload: '{"a":1}', tries: 1 });
    store.inbox.forget(NOW);
    expect(store.inbox.get(1)).toBeNull();
  });

  it('knows what it has handled until it forgets, without keeping the payload', () => {
    using store = memoryStore();
    store.inbox.add('g1', 'issues', 'secret', NOW);
    store.inbox.add('g2', 'issues', 'waits', NOW);
    store.inbox.handled(1, NOW + 1);
    expect(store.inbox.get(1)?.payload).toBe('');
    expect(store.inbox.add('g1', 'issues', 'secret', NOW + 2)).toBe(false);
    store.inbox.forget(NOW);
    expect(store.inbox.add('g1', 'issues', 'secret', NOW + 2)).toBe(false);
    store.inbox.forget(NOW + 1);
    expect(store.inbox.add('g1', 'issues', 'secret', NOW + 3)).toBe(true);
    expect(store.inbox.next(), 'what waits is never forgotten').toMatchObject({ delivery: 'g2' });
  });
});

describe('looking', () => {
  const plans: Record<string, string> = {};
  const connection = memory();
  const note = (sql: string) => {
    const values = Array.from(sql.match(/\?/g) ?? [], () => 1);
    if (!/^(select|with)/.test(sql)) return;
    const steps = connection.prepare(`explain query plan ${sql}`).all(...values) as { detail: string }[];
    plans[sql] = steps.map(({ detail }) => detail).join('; ');
  };
  openStore({
    exec: sql => connection.exec(sql),
    close: () => {},
    prepare(sql) {
      const statement = connection.prepare(sql);
      if (!/^(pragma|begin)/.test(sql)) note(sql);
      return statement;
    },
  });
  const plan = (what: RegExp) => Object.entries(plans).find(([sql]) => what.test(sql))?.[1];

  it.each([
    ['for the next task to claim', /priority = \? and \(ready_at/, /^SEARCH tasks USING INDEX tasks_order/],
    ['for a branch', /branch = \?/, /USING INDEX tasks_branch/],
    ['for open pull requests', /pull_state = 'open' order/, /^SEARCH tasks USING INDEX tasks_open_pull/],
    ['for what a reader has missed', /^with newest/, /^SCAN tasks USING COVERING INDEX/],
  ])('%s is led by an index, without sorting', (_what, sql, expected) => {
    expect(plan(sql)).toMatch(expected);
    expect(plan(sql)).not.toMatch(/TEMP B-TREE|SCAN (tasks|journal)(;|$)/);
  });

  it('for runs to remove begins with those that are left', () => {
    expect(plan(/ended_at is not null and[\s\S]*exists[\s\S]*order by task$/)).toMatch(
      /^SCAN runs USING INDEX runs_uncleaned; CORRELATED SCALAR SUBQUERY 1; SEARCH sharing USING INDEX runs_workspace .*; SEARCH tasks/,
    );
  });
});

describe('what Orch makes on GitHub', () => {
  it('is announced once, and known after it was made', () => {
    using store = memoryStore();
    expect(store.creations.get(1, 'pull', 'b')).toBeNull();
    expect(store.creations.begin(1, 'pull', 'b', NOW)).toBe(true);
    expect(store.creations.begin(1, 'pull', 'b', NOW + 1)).toBe(false);
    expect(store.creations.begin(1, 'check', 'b', NOW + 1)).toBe(true);
    expect(store.creations.begin(0, 'pull', 'b', NOW + 1)).toBe(true);
    expect(store.creations.get(1, 'pull', 'b')).toEqual({ remoteId: null, content: null, begunAt: NOW });
    store.creations.record(1, 'pull', 'b', 77, 'text');
    expect(store.creations.get(1, 'pull', 'b')).toEqual({ remoteId: 77, content: 'text', begunAt: NOW });
    expect(store.creations.byRemote('pull', 77)).toEqual({ task: 1, key: 'b' });
    expect(store.creations.byRemote('check', 77)).toBeNull();
    expect(store.creations.ofKind(1, 'pull')).toEqual([{ key: 'b', remoteId: 77, content: 'text' }]);
  });
});

describe('a repository', () => {
  it('keeps its settings over a rename, and a complaint until they are mended', () => {
    using store = memoryStore();
    expect(store.repositories.get(7)).toBeNull();
    store.repositories.seen(7, 'acme/shop');
    store.repositories.keepSettings(7, 'agent: claude', 'sha1');
    store.repositories.complained(7, 'sha2');
    store.repositories.seen(7, 'acme/store');
    expect(store.repositories.get(7)).toEqual({
      id: 7,
      name: 'acme/store',
      settingsText: 'agent: claude',
      settingsSha: 'sha1',
      complainedSha: 'sha2',
    });
    store.repositories.keepSettings(7, null, null);
    expect(store.repositories.get(7)).toMatchObject({ settingsText: null, complainedSha: null });
  });
});

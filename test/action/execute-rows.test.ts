import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insertOrder, resultOf, writeLastWords } from '../../src/action/execute-rows.ts';
import { type Order, readOrder, writeOrder } from '../../src/engine/actions/order.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { claim } from '../../src/queue/claim.ts';
import type { Sight } from '../../src/scheduler/stages.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { anOrder } from '../support/order.ts';
import { memoryStore, NOW } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ENDED: Sight = {
  ...{ session: 'ended', exitCode: 0, setupFailed: null, killedBy: null, limit: null, heard: null },
  ...{ end: null, turnEndedAt: null },
};

/** As a job gets it. */
function sent(...changes: Parameters<typeof anOrder>): Order {
  return readOrder(writeOrder(anOrder(...changes)).order);
}

/** The rows of an order whose run has begun. */
function begun(store: Store, order: Order): { task: Task; run: Run } {
  insertOrder(store, order, NOW);
  const first = { profile: order.run.agent, slot: 1, choice: '', before: null };
  const claimed = claim(store, () => ({ task: order.task.id, ...first }), NOW);
  if (!claimed) throw new Error('it can be claimed');
  return claimed;
}

describe('the rows of an order', () => {
  it('are a queued task of the same number, whose next run is the one that is ordered', () => {
    using store = memoryStore();
    const { task, run } = begun(store, sent());
    expect(task).toMatchObject({ id: 42, repository: 'acme/shop', agent: 'claude', branch: /orch/ });
    expect([run.task, run.number, run.workspace, run.session]).toEqual([42, 2, 'T42.2', null]);
  });

  it('know how the runs before it ended, and that nothing of them is on this host', () => {
    using store = memoryStore();
    begun(store, sent());
    expect(store.runs.get(42, 1)).toMatchObject({
      profile: 'codex',
      outcome: 'crashed',
      reason: 'the agent was killed from outside',
      lastWords: 'I am at it',
    });
    expect(store.runs.removable(NOW + 1)).toEqual([]);
    expect(store.runs.live().map(({ number }) => number)).toEqual([2]);
    const notes = store.journal.ofTask(42).filter(({ type }) => type === 'run:progress');
    expect(notes.map(({ data }) => data)).toEqual([{ run: 1, text: 'the test is found' }]);
  });

  it('give the run what people have said, and have it begin where the task does', () => {
    using store = memoryStore();
    const head = 'c'.repeat(40);
    const said = [{ author: 'ann', text: 'in src/ only' }];
    const { task } = begun(
      store,
      sent({ head, pull: 7, pullUrl: 'https://github.com/acme/shop/pull/7' }, { said }),
    );
    expect(store.inputs.ofTask(42)).toMatchObject([{ author: 'ann', text: 'in src/ only', run: 2 }]);
    expect(task).toMatchObject({ head, pull: 7, pullState: 'open', target: 'main', continues: null });
    expect(store.creations.get(42, 'branch', task.branch as string)).toMatchObject({ content: head });
  });

  it('open the pull request onto another branch than where start-up files come from', () => {
    using store = memoryStore();
    const { task } = begun(store, sent({ base: 'main', target: 'orch/T41-first' }));
    expect(task).toMatchObject({ base: 'main', target: 'orch/T41-first', continues: 42 });
  });

  it('have the hand-over find the last words of the run before', async () => {
    await using home = await temporaryDirectory();
    writeLastWords(sent(), { runLog: run => join(home.path, 'logs', run) });
    expect(readFileSync(join(home.path, 'logs', 'T42.1'), 'utf8')).toBe('I am at it\n');
  });
});

describe('the result', () => {
  it('tells what an agent has left, for the App to judge', () => {
    using store = memoryStore();
    const { task, run } = begun(store, sent());
    store.tasks.update(task.id, task.epoch, { head: 'd'.repeat(40), pull: 13, pullState: 'open' });
    store.runs.update(run, { doneAt: NOW });
    store.journal.append(NOW, 42, 'run:done', { run: 2, summary: 'It passes.' });
    finish(store, run, { outcome: 'succeeded', lastWords: 'Bye.' }, 'completed');
    expect(result(store, ENDED)).toEqual({
      run: 'T42.2',
      outcome: 'succeeded',
      exitCode: 0,
      reason: null,
      permanent: false,
      setupFailed: null,
      killedBy: null,
      limit: null,
      done: true,
      summary: 'It passes.',
      question: null,
      head: 'd'.repeat(40),
      pull: 13,
      rescued: null,
      lastWords: 'Bye.',
      usage: null,
    });
  });

  it('leaves it to the App what commits without a pull request mean, and no commits', () => {
    using store = memoryStore();
    const { run } = begun(store, sent());
    const reason = 'the agent ended without a commit';
    finish(store, run, { outcome: 'failed', reason }, 'failed');
    expect(result(store, ENDED)).toMatchObject({ outcome: 'succeeded', permanent: false, reason: null });
  });

  it('tells of a push that was refused, which the App can not have seen', () => {
    using store = memoryStore();
    const { run } = begun(store, sent());
    const reason = 'E_PUSH_REFUSED: GitHub refused the push. Mend it.';
    finish(store, run, { outcome: 'failed', reason }, 'failed');
    expect(result(store, ENDED)).toMatchObject({ outcome: 'failed', permanent: true, reason });
  });

  it('has the App try another runner where this one lacks what it takes', () => {
    using store = memoryStore();
    const { run } = begun(store, sent());
    const reason = 'E_AGENT_NOT_READY: `claude` is not signed in. Sign in.';
    finish(store, run, { outcome: 'failed', reason }, 'failed');
    expect(result(store, { ...ENDED, session: 'none', exitCode: null })).toMatchObject({
      outcome: 'crashed',
      permanent: false,
      reason,
    });
  });

  it.each([
    ['crash', 'crashed', 'escalated', { exitCode: 137 }, { permanent: false }],
    [
      'setup that failed',
      'failed',
      'failed',
      { setupFailed: 'npm ci' },
      { setupFailed: 'npm ci', permanent: true },
    ],
    [
      'host that lacks something',
      'failed',
      'queued',
      { exitCode: null },
      { outcome: 'crashed', permanent: false },
    ],
  ] as const)('tells of a %s as it was', (_, outcome, next, sight, told) => {
    using store = memoryStore();
    const { run } = begun(store, sent());
    finish(store, run, { outcome, reason: 'it broke', exitCode: 1 }, next);
    expect(result(store, { ...ENDED, exitCode: 1, ...sight })).toMatchObject({
      outcome,
      reason: 'it broke',
      ...told,
    });
  });

  it('tells why a run was stopped, which only the task knows', () => {
    using store = memoryStore();
    const { run } = begun(store, sent());
    const reason = 'its budget of 1.50 USD is spent';
    finish(store, run, { outcome: 'paused' }, 'paused', { reason });
    expect(result(store, { ...ENDED, exitCode: 130 })).toMatchObject({ outcome: 'paused', reason });
  });

  it('names where the work is that came to nothing, and what the agent has asked', () => {
    using store = memoryStore();
    const { task, run } = begun(store, sent());
    store.tasks.update(task.id, task.epoch, { question: 'Which one?' });
    const ref = 'refs/orch/rescue/T42.2';
    store.journal.append(NOW, 42, 'work:kept', { run: 2, ref, reason: null });
    finish(store, run, { outcome: 'paused' }, 'paused');
    expect(result(store, ENDED)).toMatchObject({ outcome: 'paused', question: 'Which one?', rescued: ref });
  });
});

function finish(
  store: Store,
  run: Run,
  ending: Partial<Parameters<typeof endRun>[2]>,
  next: Task['state'],
  patch: Partial<Task> = {},
): void {
  const none = { outcome: 'crashed', exitCode: 0, reason: null, lastWords: null } as const;
  if (!ending.reason?.startsWith('E_AGENT')) store.runs.update(run, { spawnedAt: NOW });
  endRun(store, run, { ...none, ...ending }, NOW);
  changeState(store, store.tasks.get(42) as Task, next, NOW, patch);
}

function result(store: Store, sight: Sight) {
  return resultOf(store, store.runs.get(42, 2) as Run, sight);
}

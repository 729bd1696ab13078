import { beforeEach, describe, expect, it } from 'vitest';
import { chooser } from '../../../src/choice/choose.ts';
import { readOrder } from '../../../src/engine/actions/order.ts';
import type { ActionsNews } from '../../../src/engine/actions/stages.ts';
import { cancel, retry } from '../../../src/queue/change.ts';
import { type Scheduler, startScheduler } from '../../../src/scheduler/scheduler.ts';
import { silentLog } from '../../../src/shared/log.ts';
import type { Store } from '../../../src/store/open.ts';
import { type FakeActions, fakeActions, PLACE, SELF, stagesOn } from '../../support/actions.ts';
import { type FakeClock, fakeClock } from '../../support/clock.ts';
import { aProfile, memoryStore, NO_WISHES, queued } from '../../support/tasks.ts';

const MINUTE = 60_000;
const HEAD = 'b'.repeat(40);

let clock: FakeClock;
let store: Store;
let actions: FakeActions;
let news: ActionsNews;
let scheduler: Scheduler;

beforeEach(() => {
  clock = fakeClock();
  store = memoryStore();
  actions = fakeActions(clock);
  start();
  return () => scheduler.drain();
});

function start(): void {
  const opened = stagesOn(actions, { store, clock, changed: run => scheduler.wake(run.task) });
  news = opened.news;
  const limits = { concurrent: 10, perRepository: null, profiles: [aProfile('claude', 10)] };
  scheduler = startScheduler({
    store,
    clock,
    log: silentLog(),
    stages: opened.stages,
    policy: () => ({
      maxRetries: 3,
      retryDelaySeconds: 60,
      retryOnFailure: true,
      noPullRequest: 'draft',
      timeoutSeconds: null,
      onLimit: 'wait',
    }),
    graceSeconds: 30,
    choose: chooser(store, limits, NO_WISHES),
    promoteAfterMinutes: 30,
    sweepSeconds: 5,
  });
}

/** Orch is killed, and starts again over the same store and GitHub. */
async function restart(): Promise<void> {
  await scheduler.drain();
  start();
}

const state = (id: number) => store.tasks.get(id)?.state;
const names = () => actions.runs.map(({ title }) => title);
const pass = (milliseconds: number) => clock.advance(milliseconds);
const webhook = (run: string) => news.heard(actions.of(run).id);

async function dispatched(): Promise<number> {
  const { id } = queued(store);
  await pass(1000);
  return id;
}

/** The job pushes, opens the pull request, and tells of it. */
function succeed(id: number, run: string): void {
  actions.branches.set(`orch/T${id}`, HEAD);
  store.tasks.update(id, store.tasks.get(id)?.epoch ?? 0, { pull: 13, pullState: 'open' });
  actions.end(run, { head: HEAD, pull: 13 });
}

describe('a run that GitHub Actions carries out', () => {
  it('is dispatched once with its order, followed, and settled with what its job has told', async () => {
    const id = await dispatched();
    expect(names()).toEqual(['Orch T1.1']);
    const order = readOrder(actions.of('T1.1').inputs.order as string);
    expect(order.task).toMatchObject({ id, branch: 'orch/T1', target: 'main' });
    expect(state(id)).toBe('running');
    actions.begin('T1.1');
    await pass(10 * MINUTE);
    succeed(id, 'T1.1');
    webhook('T1.1');
    await pass(0);
    expect(store.tasks.get(id)).toMatchObject({ state: 'completed', head: HEAD });
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'succeeded', exitCode: 0 });
    expect(store.usage.ofRun(id, 1)).toMatchObject({ costUsd: 0.12, model: 'sonnet' });
    expect(names()).toEqual(['Orch T1.1']);
  });

  it('is settled by looking, too, where no webhook tells of its end', async () => {
    const id = await dispatched();
    actions.begin('T1.1');
    succeed(id, 'T1.1');
    await pass(3 * MINUTE);
    expect(state(id)).toBe('completed');
  });

  it('costs GitHub few calls while nothing happens', async () => {
    await dispatched();
    actions.begin('T1.1');
    await pass(3 * MINUTE);
    actions.calls.length = 0;
    await pass(20 * MINUTE);
    expect(actions.calls.length).toBeLessThanOrEqual(11);
  });

  it('has its end found when Orch was down meanwhile', async () => {
    const id = await dispatched();
    await scheduler.drain();
    succeed(id, 'T1.1');
    await pass(60 * MINUTE);
    start();
    await pass(1000);
    expect(state(id)).toBe('completed');
    expect(store.runs.ofTask(id)).toHaveLength(1);
  });

  it('leaves a draft to be opened where its job pushed, and says what GitHub has', async () => {
    const id = await dispatched();
    actions.branches.set('orch/T1', HEAD);
    actions.end('T1.1', { head: 'c'.repeat(40), pull: null });
    await pass(3 * MINUTE);
    expect(store.tasks.get(id)).toMatchObject({ state: 'completed', head: HEAD });
  });

  it('fails at once where the job says that another try would end the same', async () => {
    const id = await dispatched();
    actions.end(
      'T1.1',
      {
        outcome: 'failed',
        exitCode: null,
        done: false,
        head: null,
        pull: null,
        permanent: true,
        reason: 'E_MISSING_PROGRAM: There is no tmux.',
      },
      'failure',
    );
    await pass(3 * MINUTE);
    expect(store.tasks.get(id)).toMatchObject({
      state: 'failed',
      reason: 'E_MISSING_PROGRAM: There is no tmux.',
    });
  });

  it('is no result of the task when somebody else has pushed a branch of that name', async () => {
    const id = await dispatched();
    actions.branches.set('orch/T1', 'd'.repeat(40));
    actions.end(
      'T1.1',
      {
        outcome: 'failed',
        exitCode: null,
        done: false,
        head: null,
        pull: null,
        permanent: true,
        reason: 'refused',
      },
      'failure',
    );
    await pass(3 * MINUTE);
    expect(store.tasks.get(id)).toMatchObject({ state: 'failed', head: null });
    expect(store.creations.get(id, 'branch', 'orch/T1')).toBeNull();
  });
});

describe('never twice:', () => {
  it('a crash between the dispatch and its row leads to the run that was started', async () => {
    const id = await dispatched();
    store.creations.forget(id, 'workflow', 'T1.1');
    store.creations.begin(id, 'workflow', 'T1.1', clock.now());
    store.runs.update(store.runs.get(id, 1) as never, { spawnedAt: null });
    await restart();
    await pass(10 * MINUTE);
    expect(names()).toEqual(['Orch T1.1']);
    succeed(id, 'T1.1');
    await pass(3 * MINUTE);
    expect(state(id)).toBe('completed');
  });

  it('an answer that got lost leads there too, though GitHub lists it minutes later, and Orch starts again', async () => {
    actions.answer = 'lost';
    actions.lists = false;
    const id = await dispatched();
    await pass(2 * MINUTE);
    await restart();
    await pass(2 * MINUTE);
    expect(names()).toEqual(['Orch T1.1']);
    actions.of('T1.1').isListed = true;
    await pass(2 * MINUTE);
    expect(state(id)).toBe('running');
    expect(store.runs.ofTask(id)).toHaveLength(1);
    expect(names()).toEqual(['Orch T1.1']);
  });

  it('a dispatch that never arrived is made again, once nothing can come of it any more', async () => {
    actions.answer = 'dropped';
    const id = await dispatched();
    expect(names()).toEqual([]);
    actions.answer = 'named';
    await pass(4 * MINUTE);
    expect(names()).toEqual([]);
    await pass(3 * MINUTE);
    expect(names()).toEqual(['Orch T1.1']);
    expect(state(id)).toBe('running');
  });

  it('an answer that names no run is as good', async () => {
    actions.answer = 'accepted';
    const id = await dispatched();
    succeed(id, 'T1.1');
    await pass(3 * MINUTE);
    expect(state(id)).toBe('completed');
    expect(names()).toEqual(['Orch T1.1']);
  });

  it('of two that GitHub shows in the end, the first goes on', async () => {
    actions.answer = 'lost';
    actions.lists = false;
    const id = await dispatched();
    await pass(7 * MINUTE);
    expect(names()).toEqual(['Orch T1.1', 'Orch T1.1']);
    for (const run of actions.runs) run.isListed = true;
    await pass(2 * MINUTE);
    expect(actions.runs.map(({ asked }) => asked)).toEqual([[], ['cancel']]);
    expect(state(id)).toBe('running');
  });

  it('of several one alone goes on, also where GitHub did not take a cancel at first', async () => {
    actions.answer = 'lost';
    actions.lists = false;
    await dispatched();
    await pass(7 * MINUTE);
    const { cancel: take } = actions.workflow;
    let refusals = 1;
    actions.workflow.cancel = async (...asked) => {
      if (refusals-- > 0) throw new Error('502');
      await take(...asked);
    };
    for (const run of actions.runs) run.isListed = true;
    await pass(3 * MINUTE);
    expect(actions.runs.filter(({ asked }) => asked.length === 0)).toHaveLength(1);
  });

  it('one that a webhook shows beside the known one is cancelled', async () => {
    const id = await dispatched();
    const [known] = actions.runs;
    const second = { ...known, id: 1, isListed: false, asked: [] } as never as NonNullable<typeof known>;
    actions.runs.push(second);
    await news.shown(second, PLACE.repositoryId);
    expect(second.asked).toEqual(['cancel']);
    expect(known?.asked).toEqual([]);
    expect(state(id)).toBe('running');
    succeed(id, 'T1.1');
    await pass(3 * MINUTE);
    const third = { ...second, id: 2, isOver: false, asked: [] };
    actions.runs.push(third);
    await news.shown(third, PLACE.repositoryId);
    expect([third.asked, state(id)]).toEqual([['cancel'], 'completed']);
  });

  it('what somebody else dispatched by that name is not looked at', async () => {
    actions.answer = 'dropped';
    await dispatched();
    const theirs = {
      id: 77,
      url: '',
      title: 'Orch T1.1',
      actor: 'mallory',
      createdAt: clock.now(),
      isOver: false,
      conclusion: null,
    };
    actions.runs.push({ ...theirs, inputs: {}, startedAt: null, annotations: [], isListed: true, asked: [] });
    await news.shown(theirs, PLACE.repositoryId);
    await news.shown({ ...theirs, actor: SELF }, 8);
    await pass(2 * MINUTE);
    expect(store.creations.get(1, 'workflow', 'T1.1')?.remoteId).toBeNull();
  });

  it('a run of before a backup was put back is not taken for this one', async () => {
    await dispatched();
    const [old] = actions.runs;
    await scheduler.drain();
    store = memoryStore();
    await pass(24 * 60 * MINUTE);
    actions.answer = 'lost';
    actions.lists = false;
    start();
    await dispatched();
    expect(store.creations.get(1, 'workflow', 'T1.1')?.remoteId).not.toBe(old?.id);
  });

  it('a task is not tried again before GitHub has ended its run', async () => {
    actions.obeys = 'never';
    const id = await dispatched();
    cancel(store, id, 'enough', clock.now());
    await pass(MINUTE);
    retry(store, id, 'again', clock.now());
    await pass(5 * MINUTE);
    expect(names()).toEqual(['Orch T1.1']);
    actions.end('T1.1', null, 'cancelled');
    await pass(2 * MINUTE);
    expect(names()).toEqual(['Orch T1.1', 'Orch T1.2']);
  });
});

describe('a cancel', () => {
  it('ends the workflow run, queued or at work, and the job has its minutes before it is forced', async () => {
    actions.obeys = 'force';
    const id = await dispatched();
    cancel(store, id, 'enough', clock.now());
    await pass(5 * MINUTE);
    expect(actions.of('T1.1').asked).not.toContain('force');
    expect(actions.of('T1.1').asked.length).toBeLessThanOrEqual(6);
    expect(store.runs.get(id, 1)?.endedAt).toBeNull();
    await pass(5 * MINUTE);
    expect(actions.of('T1.1').asked.at(-1)).toBe('force');
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'cancelled' });
    expect(state(id)).toBe('cancelled');
  });

  it('while nobody knows yet whether there is a run to end, ends the one that comes', async () => {
    actions.answer = 'lost';
    actions.lists = false;
    const id = await dispatched();
    cancel(store, id, 'enough', clock.now());
    await pass(2 * MINUTE);
    expect(store.runs.get(id, 1)?.endedAt).toBeNull();
    actions.of('T1.1').isListed = true;
    await pass(2 * MINUTE);
    expect(actions.of('T1.1').asked).toEqual(['cancel']);
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'cancelled' });
  });

  it('by a person on the page of the workflow run is one of the task', async () => {
    const id = await dispatched();
    actions.end('T1.1', null, 'cancelled');
    await pass(3 * MINUTE);
    expect(store.tasks.get(id)).toMatchObject({
      state: 'cancelled',
      reason: 'its workflow run was cancelled on GitHub',
    });
    expect(names()).toEqual(['Orch T1.1']);
  });

  it.each([
    'The job has exceeded the maximum execution time of 30m0s',
    "Canceling since a higher priority waiting request for 'orch-7' exists",
  ])('by GitHub itself is a crash, and no wish of a person: %s', async message => {
    const id = await dispatched();
    actions.begin('T1.1');
    actions.of('T1.1').annotations.push({ title: null, message, level: 'failure' });
    actions.end('T1.1', null, 'cancelled');
    await pass(3 * MINUTE);
    expect(store.runs.get(id, 1)).toMatchObject({
      outcome: 'crashed',
      reason: expect.stringContaining(message.slice(0, 20)),
    });
    expect(names()).toEqual(['Orch T1.1', 'Orch T1.2']);
  });

  it('after the job has told its result changes nothing about that', async () => {
    const id = await dispatched();
    succeed(id, 'T1.1');
    actions.of('T1.1').conclusion = 'cancelled';
    await pass(3 * MINUTE);
    expect(state(id)).toBe('completed');
  });
});

describe('a result that GitHub shows later than the end of its workflow run', () => {
  it('is waited for, and then it counts', async () => {
    const id = await dispatched();
    actions.begin('T1.1');
    succeed(id, 'T1.1');
    const told = actions.of('T1.1').annotations.splice(0);
    webhook('T1.1');
    await pass(30_000);
    expect(state(id)).toBe('running');
    actions.of('T1.1').annotations.push(...told);
    await pass(MINUTE);
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'succeeded', exitCode: 0 });
    expect(names()).toEqual(['Orch T1.1']);
  });

  it('that never comes is waited for no longer than two minutes', async () => {
    const id = await dispatched();
    actions.begin('T1.1');
    actions.end('T1.1', null);
    webhook('T1.1');
    await pass(3 * MINUTE);
    expect(store.runs.get(id, 1)?.endedAt).not.toBeNull();
  });
});

describe('an App that has lost its rights', () => {
  it('takes that for no end of a run, and lets go of those that nobody waits for', async () => {
    const id = await dispatched();
    actions.workflow.get = () => Promise.reject(Object.assign(new Error('Not Found'), { status: 404 }));
    await pass(20 * MINUTE);
    expect(store.runs.get(id, 1)?.endedAt).toBeNull();
    actions.isClosed = true;
    await pass(20 * MINUTE);
    expect(state(id)).toBe('running');
    expect(store.runs.get(id, 1)?.endedAt).toBeNull();
    cancel(store, id, 'the App was uninstalled', clock.now());
    await pass(3 * MINUTE);
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('a job that no runner takes', () => {
  it('waits beyond the time-out of its task, Orch down or not, and people are told', async () => {
    const id = await dispatched();
    await pass(90 * MINUTE);
    await scheduler.drain();
    await pass(90 * MINUTE);
    start();
    await pass(2 * MINUTE);
    expect(state(id)).toBe('running');
    expect(store.runs.get(id, 1)?.stopAt).toBeNull();
    const told = () =>
      store.journal.ofTask(id).flatMap(event => (event.type === 'agent:state' ? [event.data.state] : []));
    expect(told()).toEqual(['waiting']);
    actions.begin('T1.1');
    await pass(2 * MINUTE);
    expect(told()).toEqual(['waiting', 'working']);
    await pass(20 * MINUTE);
    expect(store.runs.get(id, 1)?.stopAt).toBeNull();
    await pass(20 * MINUTE);
    expect(store.runs.get(id, 1)).toMatchObject({ outcome: 'timed_out' });
  });
});

describe('a runner that is lost', () => {
  it('is a crash: the next try is dispatched anew, and starts with what was pushed', async () => {
    const id = await dispatched();
    actions.begin('T1.1');
    actions.branches.set('orch/T1', HEAD);
    actions.of('T1.1').annotations.push({
      title: null,
      message: 'The self-hosted runner lost communication with the server.',
      level: 'failure',
    });
    actions.end('T1.1', null, 'failure');
    await pass(3 * MINUTE);
    expect(store.runs.get(id, 1)).toMatchObject({
      outcome: 'crashed',
      reason: expect.stringContaining('lost communication'),
    });
    expect(names()).toEqual(['Orch T1.1', 'Orch T1.2']);
    const order = readOrder(actions.of('T1.2').inputs.order as string);
    expect(order.task.head).toBe(HEAD);
    expect(order.earlier).toMatchObject([{ number: 1, outcome: 'crashed' }]);
  });

  it('is not what GitHub being away looks like', async () => {
    const id = await dispatched();
    actions.isAway = true;
    await pass(20 * MINUTE);
    expect(state(id)).toBe('running');
    actions.isAway = false;
    succeed(id, 'T1.1');
    await pass(3 * MINUTE);
    expect(state(id)).toBe('completed');
  });
});

describe('a workflow that GitHub does not start', () => {
  it('fails the task with the remedy', async () => {
    actions.answer = 'refused';
    const id = await dispatched();
    expect(store.tasks.get(id)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('E_WORKFLOW'),
    });
  });
});

import { describe, expect, it } from 'vitest';
import { openPlans } from '../../src/daemon/plans.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { say } from '../../src/queue/say.ts';
import type { Store } from '../../src/store/open.ts';
import type { Request, Run, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { claimed, memoryStore, NOW, queued } from '../support/tasks.ts';

const TOLD = { text: 'Multiply.', files: ['total.js'], risk: 'Rounding.' };
const NONE = { task: null, repositoryDay: null, day: null };
const AS_IT_WAS = { title: 'It breaks', body: 'When pressed.' };
const EDITED = { title: 'It breaks', body: 'When pressed twice.' };

function world(request: Partial<Request> = {}, budgets = NONE as Parameters<typeof openPlans>[0]['budgets']) {
  const store = memoryStore();
  const clock = fakeClock(NOW);
  const redact = (text: string) => text.replaceAll('hunter2', '…');
  const plans = openPlans({ store, clock, budgets, redact });
  const { id } = queued(store, request);
  store.plans.want(id);
  const task = () => store.tasks.get(id) as Task;
  const start = () => claimed(store, clock.now())?.run as Run;
  return {
    ...{ store, clock, plans, id, task, start },
    plan: () => store.plans.get(id),
    /** A run that has made a plan, and has ended as the scheduler ends it. */
    planned() {
      const run = start();
      plans.make(run, TOLD);
      endAsking(store, run, clock.now());
    },
    [Symbol.dispose]: () => store.close(),
  };
}

function endAsking(store: Store, run: Run, now: number): void {
  endRun(store, run, { outcome: 'paused', exitCode: 0, reason: null, lastWords: null }, now);
  const task = store.tasks.get(run.task) as Task;
  changeState(store, task, 'paused', now, { reason: 'the agent asks', resume: run.number });
}

describe('a plan', () => {
  it('is kept without secrets and with a quote, and its task asks people', () => {
    using it = world();
    it.plans.make(it.start(), { ...TOLD, text: ' The key\u200b is hunter2. ' });
    expect(it.plan()).toMatchObject({
      version: 1,
      text: 'The key is ….',
      files: ['total.js'],
      approvedBy: null,
    });
    expect(it.plan()?.quote).toMatchObject({ usd: null, seconds: null, ahead: 0, atWork: 0, capUsd: null });
    expect(it.task().question).toBe('whether to carry out its plan, version 1');
    expect(it.store.runs.get(it.id, 1)?.doneAt).toBe(NOW);
  });

  it('is taken from the run that its task has, and from none that is to do the work', () => {
    using it = world();
    const run = it.start();
    expect(() => it.plans.make({ ...run, epoch: 0 }, TOLD)).toThrow('T1.1 is over');
    it.store.plans.approve(it.id, 'ann', NOW);
    expect(() => it.plans.make(run, TOLD)).toThrow('to do the work');
  });

  it('is changed by what people say, and the new version has to be approved itself', () => {
    using it = world();
    it.planned();
    say(it.store, it.id, { text: 'Round it.', author: 'ann', source: 'comment:5' }, NOW);
    expect(it.task()).toMatchObject({ state: 'queued', question: null });
    expect(() => it.plans.approve(it.id, { by: 'ann', budget: null })).toThrow('it is queued');
    it.planned();
    expect(it.plan()).toMatchObject({ version: 2, approvedBy: null });
    expect(it.plans.approve(it.id, { by: 'ann', budget: null }).state).toBe('queued');
  });
});

describe('an approval', () => {
  it('has the task go on where the plan was made', () => {
    using it = world();
    it.planned();
    expect(it.plans.approve(it.id, { by: 'ann', budget: null })).toMatchObject({
      state: 'queued',
      resume: 1,
    });
    expect(it.plan()).toMatchObject({ approvedBy: 'ann', approvedAt: NOW });
    expect(it.start()).toMatchObject({ number: 2, workspace: 'T1.1' });
  });

  it('given twice is refused the second time, and starts nothing more', () => {
    using it = world();
    it.planned();
    it.plans.approve(it.id, { by: 'ann', budget: null });
    const before = it.task();
    expect(() => it.plans.approve(it.id, { by: 'ben', budget: { usd: 100, tokens: null } })).toThrow(
      'approved before, by ann',
    );
    expect(it.task()).toEqual(before);
    expect(it.plan()?.approvedBy).toBe('ann');
  });

  it('grants what it says, what the quote says, and never more than the server', () => {
    const server = { ...NONE, task: { usd: 3, tokens: null } };
    const granted = (budget: { usd: number | null; tokens: number | null } | null, request = {}) => {
      using it = world(request, server);
      it.planned();
      const { budgetUsd, budgetTokens, budgetFrom } = it.plans.approve(it.id, { by: 'ann', budget });
      return { budgetUsd, budgetTokens, budgetFrom };
    };
    const plain = { budgetTokens: null, budgetFrom: 1 };
    expect(granted({ usd: 2, tokens: null })).toEqual({ budgetUsd: 2, ...plain });
    expect(granted({ usd: 50, tokens: null })).toEqual({ budgetUsd: 3, ...plain });
    expect(granted(null, { budgetUsd: 1 })).toEqual({ budgetUsd: 1, ...plain });
    expect(granted(null)).toEqual({ budgetUsd: 3, ...plain });
    using it = world({}, server);
    it.planned();
    expect(it.plan()?.quote?.capUsd).toBe(3);
  });

  it.each([
    ['of a task without a plan', (store: Store) => queued(store).id, 'has no plan that is to be approved'],
    ['of a task that is not there', () => 99, 'There is no task T99'],
  ])('%s is refused', (_, task, why) => {
    using it = world();
    expect(() => it.plans.approve(task(it.store), { by: 'ann', budget: null })).toThrow(why);
  });
});

describe('an issue that changes', () => {
  it('makes a plan void until it reads as before, or another is made', () => {
    using it = world();
    it.planned();
    expect(it.plans.compare(it.id, AS_IT_WAS)).toBe(true);
    it.plans.compare(it.id, EDITED);
    expect(it.plan()?.isStale).toBe(true);
    expect(() => it.plans.approve(it.id, { by: 'ann', budget: null })).toThrow('changed after the plan');
    it.plans.compare(it.id, AS_IT_WAS);
    expect(it.plans.approve(it.id, { by: 'ann', budget: null }).state).toBe('queued');
  });

  it('takes an approval back whose work has not begun', () => {
    using it = world();
    it.planned();
    it.plans.approve(it.id, { by: 'ann', budget: null });
    expect(it.plans.compare(it.id, EDITED)).toBe(false);
    expect(it.task()).toMatchObject({
      state: 'paused',
      question: 'whether to carry out its plan, version 1',
    });
    expect(it.plan()).toMatchObject({ approvedBy: null, isStale: true });
    const kinds = it.store.journal
      .ofTask(it.id)
      .flatMap(each => (each.type === 'plan:changed' ? each.data.change : []));
    expect(kinds).toEqual(['made', 'approved', 'void']);
  });

  it('changes nothing once an agent has been started on it, or when the task is over', () => {
    using it = world();
    it.planned();
    it.plans.approve(it.id, { by: 'ann', budget: null });
    const run = it.start();
    it.store.runs.update(run, { spawnedAt: NOW });
    expect(it.plans.compare(it.id, EDITED)).toBe(true);
    expect(it.task().state).toBe('starting');
    changeState(it.store, it.task(), 'cancelled', NOW);
    expect(it.plans.compare(it.id, EDITED)).toBe(true);
  });
});

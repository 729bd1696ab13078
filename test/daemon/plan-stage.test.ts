import { describe, expect, it } from 'vitest';
import { withPlans } from '../../src/daemon/plan-stage.ts';
import { openPlans } from '../../src/daemon/plans.ts';
import type { Sight, Stages } from '../../src/scheduler/stages.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const EDITED = { title: 'It breaks', body: 'When pressed twice.' };

function world({
  said = null as string | null,
  sight = { exitCode: 0 } as Partial<Sight>,
  issue = EDITED,
} = {}) {
  const store = memoryStore();
  const plans = openPlans({
    ...{ store, clock: fakeClock(NOW), redact: (text: string) => text },
    budgets: { task: null, repositoryDay: null, day: null },
  });
  const { task, run } = started(store);
  store.plans.want(task.id);
  const done: string[] = [];
  const inner = {
    workspace: {
      prepare: async ({ issueBody }: Task) => void done.push(`prepared: ${issueBody}`),
      rescue: async () => void done.push('rescued'),
    },
    agent: { look: async () => ({ end: null, exitCode: null, ...sight }) },
  } as unknown as Stages;
  const message = async () => said;
  const stages = withPlans(inner, { store, plans, message, forge: { issue: async () => issue } });
  return {
    ...{ store, plans, run, done, stages },
    task: () => store.tasks.get(task.id) as Task,
    [Symbol.dispose]: () => store.close(),
  };
}

describe('what a run leaves that makes a plan', () => {
  it('is its last message, where it told no plan, and no commits', async () => {
    using it = world({ said: 'I would multiply.' });
    await it.stages.workspace.rescue(it.task(), it.run);
    expect(it.done).toEqual([]);
    expect(it.store.plans.get(1)).toMatchObject({ text: 'I would multiply.', version: 1 });
  });

  it('is what it told, whatever it printed', async () => {
    using it = world({ said: 'Bye.' });
    it.plans.make(it.run, { text: 'Multiply.', files: [], risk: null });
    await it.stages.workspace.rescue(it.task(), it.run);
    expect(it.store.plans.get(1)).toMatchObject({ text: 'Multiply.', version: 1 });
  });

  it.each([
    ['it crashed', { sight: { exitCode: 1 } }],
    [
      'its CLI says that it failed',
      { sight: { end: { ok: false, reason: 'no', permanent: false }, exitCode: 0 } },
    ],
    ['it was killed', { sight: { exitCode: null } }],
  ])('is nothing where %s', async (_, how) => {
    using it = world({ said: 'Panic!', ...how });
    await it.stages.workspace.rescue(it.task(), it.run);
    expect(it.store.plans.get(1)?.version).toBe(0);
  });

  it('is nothing where its time was up', async () => {
    using it = world({ said: 'Thinking' });
    it.store.runs.update(it.run, { stopAt: NOW, stopReason: 'timed_out' });
    await it.stages.workspace.rescue(it.task(), it.run);
    expect(it.store.plans.get(1)?.version).toBe(0);
  });

  it('fails the task where it said nothing', async () => {
    using it = world({ said: ' \n' });
    await expect(it.stages.workspace.rescue(it.task(), it.run)).rejects.toMatchObject({ code: 'E_PLAN' });
  });

  it('is not asked of a run that does the work', async () => {
    using it = world({ said: 'Done.' });
    it.store.plans.approve(1, 'ann', NOW - 1);
    await it.stages.workspace.rescue(it.task(), it.run);
    expect(it.done).toEqual(['rescued']);
  });
});

describe('before anything begins', () => {
  it('the issue is read again, and an approval for another text is void', async () => {
    using it = world();
    it.plans.make(it.run, { text: 'Multiply.', files: [], risk: null });
    it.store.plans.approve(1, 'ann', NOW);
    const preparing = it.stages.workspace.prepare(it.task(), it.run);
    await expect(preparing).rejects.toMatchObject({ code: 'E_PLAN' });
    expect(it.done).toEqual([]);
    expect(it.task().state).toBe('paused');
  });

  it('work goes on that was approved for this text', async () => {
    using it = world({ issue: { title: 'It breaks', body: 'When pressed.' } });
    it.plans.make(it.run, { text: 'Multiply.', files: [], risk: null });
    it.store.plans.approve(1, 'ann', NOW);
    await it.stages.workspace.prepare(it.task(), it.run);
    expect(it.done).toEqual(['prepared: When pressed.']);
  });

  it('a new version is made for the new text, once people have asked for it', async () => {
    using it = world();
    await it.stages.workspace.prepare(it.task(), it.run);
    it.store.plans.setStale(1, true);
    await it.stages.workspace.prepare(it.task(), it.run as Run);
    expect(it.done).toEqual(['prepared: When pressed.', 'prepared: When pressed twice.']);
  });
});

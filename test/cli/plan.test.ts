import { join } from 'node:path';
import { expect, it } from 'vitest';
import { add } from '../../src/cli/add.ts';
import { approve } from '../../src/cli/approve.ts';
import { show } from '../../src/cli/show.ts';
import { openPlans } from '../../src/daemon/plans.ts';
import type { Ask } from '../../src/forge/wish.ts';
import { changeState } from '../../src/queue/change.ts';
import type { Task } from '../../src/task/glossary.ts';
import { apiOptions } from '../support/api.ts';
import { fakeClock } from '../support/clock.ts';
import { claimed, memoryStore, NOW } from '../support/tasks.ts';
import { daemon, place, printed } from './place.ts';

it('a plan is asked for, shown and approved on the command line', async () => {
  using store = memoryStore();
  await using here = await place();
  const plans = openPlans({
    ...{ store, clock: fakeClock(NOW), redact: (text: string) => text },
    budgets: { task: { usd: 5, tokens: null }, repositoryDay: null, day: null },
  });
  const { ask: queue } = apiOptions(store);
  const ask: Ask = async (wishes, at) => {
    const asked = await queue(wishes, at);
    asked.forEach(({ task }, index) => void (wishes[index]?.options.plan && store.plans.want(task.id)));
    return asked;
  };
  await using _api = await daemon(here, store, { plans, ask });
  const home = join(here.path, '.orch');
  expect(await printed(home, () => add(['fix it'], { plan: true }))).toBe('T1 is queued.\n');
  const run = claimed(store)?.run;
  if (!run) throw new Error('nothing to claim');
  plans.make(run, { text: 'Multiply.\nThen round.', files: ['total.js'], risk: 'Rounding.' });
  changeState(store, store.tasks.get(1) as Task, 'paused', NOW, { resume: 1 });

  const shown = await printed(home, () => show('T1', {}));
  expect(shown).toContain(
    'plan, version 1: waits for approval\n  Multiply.\n  Then round.\n  files: total.js\n  risk: Rounding.\n' +
      '  cost: not known; time: not known\n  place in the queue: after 0 others, 0 at work\n' +
      '  approving it grants 5.00 USD\nNext: orch approve T1 [--budget 2usd]',
  );
  const story = JSON.parse(await printed(home, () => show('T1', { json: true })));
  expect(story.plan).toMatchObject({ version: 1, waits: true, stale: false, quote: { cap_usd: 5 } });

  await expect(printed(home, () => approve('T1', { budget: 'much' }))).rejects.toMatchObject({
    code: 'E_USAGE',
  });
  expect(await printed(home, () => approve('T1', { budget: '9usd' }))).toBe(
    'T1 is queued: its plan is approved.\n',
  );
  expect(store.tasks.get(1)).toMatchObject({ state: 'queued', budgetUsd: 5 });
  await expect(printed(home, () => approve('T1', {}))).rejects.toMatchObject({ code: 'E_PLAN' });
  expect(await printed(home, () => show('T1', {}))).toContain(
    'plan, version 1: approved by the command line',
  );
});

import { describe, expect, it, vi } from 'vitest';
import { openPlans } from '../../src/daemon/plans.ts';
import { startPlanReactions } from '../../src/github/plan-reactions.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Plan } from '../../src/store/plans.ts';
import type { Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { failure, fakeGithub } from './handling.ts';

const PEOPLE: Record<string, { id: number; role: string }> = {
  ann: { id: 1, role: 'write' },
  bob: { id: 2, role: 'read' },
};
const RULE = { minimum: 'write', floor: 'write', users: [], teams: [] } as const;

interface Reaction {
  login: string;
  at?: number;
  type?: string;
}

/** A plan that waits at a comment with these reactions, and who looks for them. */
function world(reactions: Reaction[] | Error, body = 'When pressed.', isShown = true) {
  const store = memoryStore();
  const clock = fakeClock(NOW + 500);
  const plans = openPlans({
    ...{ store, clock, redact: (text: string) => text },
    budgets: { task: null, repositoryDay: null, day: null },
  });
  const { task, run } = started(store);
  store.plans.want(task.id);
  plans.make(run, { text: 'Multiply.', files: [], risk: null });
  endRun(store, run, { outcome: 'paused', exitCode: 0, reason: null, lastWords: null }, NOW);
  changeState(store, store.tasks.get(1) as Task, 'paused', NOW, { resume: 1 });
  if (isShown) store.plans.shown(store.plans.get(1) as Plan, clock.now());
  store.creations.begin(1, 'comment', 'sticky', NOW);
  store.creations.record(1, 'comment', 'sticky', 900, '');
  const { github, octokit, asked } = fakeGithub((route, { username }) => {
    const { id = 9, role = 'none' } = PEOPLE[username as string] ?? {};
    if (route.endsWith('/permission'))
      return { permission: role, role_name: role, user: { id, login: username } };
    return { title: 'It breaks', body };
  });
  async function* pagesOf() {
    if (reactions instanceof Error) throw reactions;
    yield {
      data: reactions.map(({ login, at = NOW + 500, type = 'User' }) => ({
        user: { id: PEOPLE[login]?.id ?? 9, login, type },
        created_at: `${new Date(at).toISOString().slice(0, 19)}Z`,
      })),
    };
  }
  Object.assign(octokit.paginate, { iterator: pagesOf });
  const looking = startPlanReactions({
    store,
    github,
    clock,
    log: silentLog(),
    plans,
    permissions: () => ({ ...RULE, users: [], teams: [] }),
  });
  return {
    ...{ store, clock, asked, reactions },
    looks: () => asked.filter(({ route }) => route.endsWith('/issues/{issue_number}')).length,
    state: () => store.tasks.get(1)?.state,
    async [Symbol.asyncDispose]() {
      await looking.stop();
      store.close();
    },
  };
}

describe('a 👍 on the comment of a plan', () => {
  it('by somebody who may command approves it', async () => {
    await using it = world([{ login: 'bob' }, { login: 'ann' }]);
    await vi.waitFor(() => expect(it.state()).toBe('queued'), { timeout: 15_000 });
    expect(it.store.plans.get(1)?.approvedBy).toBe('ann');
  });

  it.each<[string, Reaction[] | Error, (string | undefined)?, boolean?]>([
    ['by somebody who may not', [{ login: 'bob' }, { login: 'eve' }]],
    ['by a bot', [{ login: 'ann', type: 'Bot' }]],
    ['for the version before', [{ login: 'ann', at: NOW - 1000 }]],
    ['while another version stands there', [{ login: 'ann' }], undefined, false],
    ['for a text that was edited since', [{ login: 'ann' }], 'When pressed twice.'],
    ['on a comment that is gone', failure(404, 'Not Found')],
  ])('%s does not', async (_, reactions, body, isShown) => {
    await using it = world(reactions, body, isShown);
    await vi.waitFor(() => expect(it.looks()).toBeGreaterThan(0), { timeout: 15_000 });
    await it.clock.advance(10_000);
    expect(it.looks()).toBeGreaterThan(1);
    expect(it.state()).toBe('paused');
    const permissions = it.asked.filter(({ route }) => route.endsWith('/permission'));
    // Who was refused is not asked about again.
    expect(new Set(permissions.map(({ params }) => params.username)).size).toBe(permissions.length);
  });

  it('is looked for less often the longer the plan waits', async () => {
    await using it = world([]);
    await vi.waitFor(() => expect(it.looks()).toBe(1), { timeout: 15_000 });
    await it.clock.advance(3600_000);
    const inAnHour = it.looks();
    await it.clock.advance(23 * 3600_000);
    expect(inAnHour).toBeLessThan(160);
    expect(it.looks() - inAnHour).toBeLessThan(180);
  });
});

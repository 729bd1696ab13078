import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/settings.ts';
import { takeOverIn } from '../../src/daemon/take-over.ts';
import { cancel, endRun, keyboardOf, pause, resume, retry } from '../../src/queue/change.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run, Task } from '../../src/task/glossary.ts';
import { fakeClock } from '../support/clock.ts';
import { claimed, memoryStore, NOW, queued, started } from '../support/tasks.ts';

const ENDED = { outcome: 'paused', exitCode: 130, reason: null, lastWords: null } as const;

/** A running task, and the way to take it over. */
function running(agents = '{ claude: {} }') {
  const store = memoryStore();
  const { task, run } = started(store);
  store.runs.update(run, { spawnedAt: NOW, session: 's-1' });
  store.tasks.update(task.id, task.epoch, { state: 'running' });
  const { settings } = loadSettings({ env: {}, text: `agents: ${agents}` });
  return { store, run, takeOver: takeOverIn({ store, clock: fakeClock(NOW), settings }) };
}

const last = (store: Store) => store.runs.ofTask(1).at(-1) as Run;
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('a takeover', () => {
  it('stops the agent, and is the next run: in the same workspace and session, before all that wait', () => {
    const { store, run, takeOver } = running();
    queued(store, { priority: 'high' });
    expect(takeOver(1, 'ann')).toMatchObject({ state: 'queued', keyboard: 'ann', resume: 1 });
    expect(takeOver(1, 'bob')).toMatchObject({ keyboard: 'ann' });
    expect(claimed(store)?.task.id).toBe(2);
    endRun(store, run, ENDED, NOW);
    queued(store, { priority: 'high' });
    expect(claimed(store)).toMatchObject({
      task: { id: 1, keyboard: null },
      run: { number: 2, keyboard: 'ann', workspace: 'T1.1', session: 's-1' },
    });
    expect(keyboardOf(store, store.tasks.get(1) as Task)).toBe('ann');
    const told = store.journal.ofTask(1).flatMap(({ type, data }) => (type === 'task:state' ? [data] : []));
    expect(told).toContainEqual({ from: 'running', to: 'paused', reason: 'ann takes over the keyboard' });
  });

  it.each<[what: string, change: (store: Store) => void]>([
    ['pauses it', store => pause(store, 1, 'no', null, NOW)],
    ['cancels it', store => cancel(store, 1, 'no', NOW)],
  ])('that has not begun is off when somebody %s', (_what, change) => {
    const { store, run, takeOver } = running();
    takeOver(1, 'ann');
    change(store);
    endRun(store, run, ENDED, NOW);
    if (store.tasks.get(1)?.state === 'cancelled') retry(store, 1, 'again', NOW);
    else resume(store, 1, NOW);
    expect(claimed(store)?.run.keyboard).toBeNull();
  });

  it('ends when the task is resumed: the run after it is the agent’s', () => {
    const { store, run, takeOver } = running();
    takeOver(1, 'ann');
    endRun(store, run, ENDED, NOW);
    const taken = claimed(store)?.run as Run;
    store.runs.update(taken, { spawnedAt: NOW });
    expect(resume(store, 1, NOW)).toMatchObject({ state: 'queued', resume: 2, keyboard: null });
    endRun(store, last(store), ENDED, NOW);
    expect(claimed(store)?.run).toMatchObject({ number: 3, keyboard: null, workspace: 'T1.1' });
  });

  it('is refused where nobody can work, and changes nothing then', () => {
    const { store, run, takeOver } = running('{ claude: { command: [sh] } }');
    expect(() => takeOver(1, 'ann')).toThrow(
      refused('E_AGENT_NOT_READY', /^The profile of claude does not say how/),
    );
    expect(store.tasks.get(1)).toMatchObject({ state: 'running', epoch: run.epoch, keyboard: null });
    const other = running();
    other.store.runs.update(other.run, { session: null });
    expect(() => other.takeOver(1, 'ann')).toThrow(
      refused('E_TASK_STATE', /has not told yet which conversation/),
    );
    other.store.runs.update(other.run, { spawnedAt: null });
    expect(() => other.takeOver(1, 'ann')).toThrow(refused('E_TASK_STATE', /no agent has begun with it/));
    cancel(other.store, 1, 'no', NOW);
    expect(() => other.takeOver(1, 'ann')).toThrow(
      refused('E_TASK_STATE', /T1 is cancelled: there is nothing/),
    );
  });
});

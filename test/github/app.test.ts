import { describe, expect, it } from 'vitest';
import { changeState, endRun, pause } from '../../src/queue/change.ts';
import type { Store } from '../../src/store/open.ts';
import type { Run } from '../../src/task/glossary.ts';
import { claimed, NOW, queued, started } from '../support/tasks.ts';
import { failure, handling, SELF, WRITER } from './handling.ts';

const ISSUE = { number: 42, title: 'It breaks', body: 'When pressed.', labels: [{ name: 'orch' }] };
const LABEL = { issue: ISSUE, label: { name: 'orch' } };
const AGENT = 'agents: { good: { command: [sh] } }\nsandbox: { kind: none, allow_unsandboxed: true }\n';

function states(store: Store): string[] {
  return store.tasks.list(10).map(task => `T${task.id} ${task.state}`);
}

function fail(store: Store, id: number): void {
  const task = store.tasks.get(id);
  if (task) changeState(store, task, 'failed', NOW, { reason: 'it failed' });
}

describe('a delivery that is handled again, since GitHub was away, changes nothing more:', () => {
  it.each([
    ['cancel', ['T2 cancelled', 'T1 queued']],
    ['retry', ['T2 queued', 'T1 failed']],
    ['pause', ['T2 paused', 'T1 queued']],
    ['resume', ['T2 queued', 'T1 paused']],
  ])('%s without a task', async (command, expected) => {
    let away = 3;
    using app = handling({
      answer: route => {
        if (route.endsWith('/reactions') && away-- > 0) throw failure(502, 'Bad Gateway');
      },
    });
    const { store } = app;
    for (const id of [1, 2]) {
      queued(store);
      if (command === 'retry') fail(store, id);
      if (command === 'resume') pause(store, id, 'paused by ann', null, NOW);
    }
    const payload = { issue: ISSUE, comment: { id: 5, body: `/orch ${command}` } };
    for (let turn = 0; turn < 3; turn++) {
      await expect(app.handle('issue_comment.created', 'd1', payload)).rejects.toThrow('Bad Gateway');
    }
    await app.handle('issue_comment.created', 'd1', payload);
    expect(states(store)).toEqual(expected);
  });

  it('a label taken off', async () => {
    using app = handling();
    queued(app.store, { source: 'label:42:d0' });
    await app.handle('issues.unlabeled', 'd1', LABEL);
    queued(app.store, { source: 'label:42:d2' });
    await app.handle('issues.unlabeled', 'd1', LABEL);
    expect(states(app.store)).toEqual(['T2 queued', 'T1 cancelled']);
  });

  it('a button', async () => {
    using app = handling();
    queued(app.store);
    fail(app.store, 1);
    const payload = { check_run: { id: 9, external_id: 'T1' }, requested_action: { identifier: 'retry' } };
    await app.handle('check_run.requested_action', 'd1', payload);
    expect(states(app.store)).toEqual(['T1 queued']);
    fail(app.store, 1);
    await app.handle('check_run.requested_action', 'd1', payload);
    expect(states(app.store)).toEqual(['T1 failed']);
    await app.handle('check_run.requested_action', 'd2', payload);
    expect(states(app.store)).toEqual(['T1 queued']);
  });
});

it('words in a row are all said before the task that they let go on is taken', async () => {
  using app = handling();
  const { task } = started(app.store);
  app.store.tasks.update(task.id, task.epoch, { question: 'Which one?' });
  pause(app.store, task.id, 'the agent asks', null, NOW);
  const ending = { outcome: 'paused', exitCode: 0, reason: null, lastWords: null } as const;
  endRun(app.store, app.store.runs.liveOf(task.id) as Run, ending, NOW);
  // As the scheduler does, as soon as anything has happened.
  app.store.journal.onAppend(() => queueMicrotask(() => claimed(app.store)));
  const body = '/orch say the first\n/orch say and test it';
  await app.handle('issue_comment.created', 'd1', { issue: ISSUE, comment: { id: 5, body } });
  expect(app.store.inputs.ofTask(task.id)).toMatchObject([
    { text: 'the first', run: 2 },
    { text: 'and test it', run: 2 },
  ]);
});

it('a button that this release does not know does nothing', async () => {
  using app = handling();
  queued(app.store);
  fail(app.store, 1);
  const payload = { check_run: { id: 9, external_id: 'T1' }, requested_action: { identifier: 'explain' } };
  await app.handle('check_run.requested_action', 'd1', payload);
  expect(states(app.store)).toEqual(['T1 failed']);
});

it('a command that could not be done is answered, and does not count as done', async () => {
  using app = handling();
  const payload = { issue: ISSUE, comment: { id: 5, body: '/orch cancel' } };
  await app.handle('issue_comment.created', 'd1', payload);
  expect(app.comments()).toMatchObject([expect.stringContaining('E_UNKNOWN_TASK')]);
  expect(app.store.creations.ofKind(0, 'command')).toEqual([]);
});

describe('an assignment of the App', () => {
  const assignee = { id: SELF.userId, login: SELF.login, type: 'Bot' };

  it('asks, and taking it back cancels what it asked for and nothing else', async () => {
    using app = handling({ settings: AGENT });
    queued(app.store, { source: 'label:42:d0' });
    await app.handle('issues.assigned', 'd1', { issue: ISSUE, assignee });
    expect(states(app.store)).toEqual(['T2 queued', 'T1 queued']);
    await app.handle('issues.unassigned', 'd2', { issue: ISSUE, assignee: WRITER });
    expect(states(app.store)).toEqual(['T2 queued', 'T1 queued']);
    await app.handle('issues.unassigned', 'd3', { issue: ISSUE, assignee });
    expect(states(app.store)).toEqual(['T2 cancelled', 'T1 queued']);
    expect(app.store.tasks.get(2)?.reason).toBe('writer took the assignment back');
  });

  it('or the label, by someone who may not, gets one polite comment for both', async () => {
    using app = handling({ role: 'triage', settings: AGENT });
    await app.handle('issues.labeled', 'd1', { ...LABEL, label: { name: 'bug' } });
    expect(app.comments()).toEqual([]);
    await app.handle('issues.labeled', 'd2', LABEL);
    await app.handle('issues.assigned', 'd3', { issue: ISSUE, assignee });
    expect(app.comments()).toMatchObject([expect.stringContaining('Sorry, `writer`')]);
    expect(states(app.store)).toEqual([]);
  });
});

describe('Orch itself', () => {
  it.each([
    ['by its bot', { id: SELF.userId, login: SELF.login, type: 'Bot' }, null],
    ['in somebody’s name', WRITER, { id: SELF.appId }],
  ])('never commands, %s', async (_, sender, performed_via_github_app) => {
    using app = handling({ settings: `${AGENT}policies: { bots: [${SELF.userId}] }\n` });
    const comment = { id: 5, body: '/orch fix it', performed_via_github_app };
    await app.handle('issue_comment.created', 'd1', { issue: ISSUE, comment, sender });
    expect(states(app.store)).toEqual([]);
    expect(app.comments()).toEqual([]);
  });
});

describe('what is said', () => {
  const comment = (body: string, id = 5) => ({ issue: ISSUE, comment: { id, body } });

  it('goes to the task that asks, else to the newest that is open, once', async () => {
    using app = handling();
    for (const question of ['Which?', null]) {
      const { id, epoch } = queued(app.store);
      app.store.tasks.update(id, epoch, { question });
    }
    for (const delivery of ['d1', 'd2'])
      await app.handle('issue_comment.created', delivery, comment('/orch say the first\n/orch say T1 more'));
    await app.handle('issue_comment.created', 'd3', comment('/orch say wait', 6));
    expect(app.store.inputs.ofTask(1).map(({ text, author }) => `${author}: ${text}`)).toEqual([
      'writer: the first',
      'writer: more',
    ]);
    expect(app.store.inputs.ofTask(2).map(({ text }) => text)).toEqual(['wait']);
    expect(app.comments()).toEqual([]);
  });

  it('where nobody listens is answered with how to go on', async () => {
    using app = handling();
    await app.handle('issue_comment.created', 'd1', comment('/orch say hello'));
    queued(app.store);
    fail(app.store, 1);
    await app.handle('issue_comment.created', 'd2', comment('/orch say hello', 6));
    expect(app.comments()).toEqual([
      expect.stringContaining('There is no task here yet'),
      expect.stringContaining('E_TASK_OVER: T1 is failed already. To go on, comment `/orch`'),
    ]);
    expect(app.store.inputs.ofTask(1)).toEqual([]);
  });
});

it('status says nothing of the tasks of other repositories', async () => {
  using app = handling();
  queued(app.store, { repositoryId: 8, repository: 'acme/secret', instruction: 'buy the rival' });
  const payload = {
    issue: ISSUE,
    comment: { id: 5, body: '/orch status T1\n/orch status\n/orch cancel T1' },
  };
  await app.handle('issue_comment.created', 'd1', payload);
  expect(app.comments()).toHaveLength(3);
  expect(app.comments().join()).not.toContain('rival');
  expect(states(app.store)).toEqual(['T1 queued']);
});

describe('.github/orch.yml', () => {
  const file = (text: string) => (route: string) => {
    if (route.includes('/contents/'))
      return { type: 'file', sha: `sha of ${text}`, content: Buffer.from(text).toString('base64') };
    if (route.includes('/git/ref/')) return { object: { sha: 'abc' } };
  };
  const payload = (id: number) => ({ issue: ISSUE, comment: { id, body: '/orch cancel T99' } });

  it('that is invalid has one check run, though a crash came after it was made', async () => {
    const answer = file('concurency: 2\n');
    using app = handling({
      answer: route => {
        if (route.startsWith('GET') && route.endsWith('/check-runs'))
          return { check_runs: [{ id: 3, external_id: 'sha of concurency: 2\n' }] };
        return answer(route);
      },
    });
    app.store.creations.begin(0, 'check', '7:settings:sha of concurency: 2\n', NOW);
    await app.handle('issue_comment.created', 'd1', payload(1));
    expect(app.comments()[0]).toContain('line 1');
    expect(
      app.asked.filter(({ route }) => route.startsWith('POST') && route.endsWith('/check-runs')),
    ).toEqual([]);
  });
});

import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ApiOptions } from '../../src/api/options.ts';
import { serveApi } from '../../src/api/server.ts';
import { changeState, endRun } from '../../src/queue/change.ts';
import { apiOptions, serveStore } from '../support/api.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';

const AGENTS = [
  { name: 'claude', maxInstances: 2 },
  { name: 'codex', maxInstances: 1 },
];

const WAITING: Partial<ApiOptions> = {
  agents: AGENTS,
  agentState: () => ({ state: 'waiting', detail: 'Proceed?' }),
};

const isClientError = (status: number) => status >= 400 && status < 500;

describe('the socket', () => {
  it('is for its owner alone and replaces one that was left behind', async () => {
    using store = memoryStore();
    await using served = await serveStore(store, WAITING);
    expect(statSync(served.socket).mode & 0o777).toBe(0o600);
    expect((await served.get('/api/orchestrator')).status).toBe(200);
  });

  it('with a path that no socket can have is refused with the next step', async () => {
    using store = memoryStore();
    await expect(serveApi(`/tmp/${'a'.repeat(100)}`, apiOptions(store))).rejects.toMatchObject({
      code: 'E_PATH_TOO_LONG',
    });
  });
});

describe('the API', () => {
  it('tells of the daemon', async () => {
    using store = memoryStore();
    started(store);
    queued(store);
    store.inbox.add('g1', 'issues', '{}', NOW);
    await using served = await serveStore(store, WAITING);
    expect((await served.get('/api/orchestrator')).body).toEqual({
      ...apiOptions(store).about,
      tasks: { starting: 1, queued: 1 },
      inbox: 1,
      journal: store.journal.last(),
    });
  });

  it('lists tasks, the newest first, by state and number', async () => {
    using store = memoryStore();
    started(store);
    for (let n = 0; n < 60; n++) queued(store);
    await using served = await serveStore(store, WAITING);
    const ids = async (query: string) =>
      (await served.get(`/api/tasks${query}`)).body.map(({ id }: { id: string }) => id);
    expect(await ids('')).toHaveLength(50);
    expect(await ids('?limit=2')).toEqual(['T61', 'T60']);
    expect(await ids('?state=starting')).toEqual(['T1']);
    expect(await ids('?state=queued&limit=1000')).toHaveLength(60);
    expect(await ids('?state=pending&limit=2')).toEqual(['T61', 'T60']);
    expect(await ids('?state=active')).toEqual(['T1']);
  });

  it('shows a task with its runs and its story, under any of its names', async () => {
    using store = memoryStore();
    const { task, run } = started(store, { instruction: 'fix it', priority: 'high' });
    store.tasks.update(1, task.epoch, { branch: 'b', head: 'abc', pull: 5, pullUrl: 'u', pullState: 'open' });
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: 'why', lastWords: 'w' }, NOW + 1000);
    changeState(store, { ...task }, 'queued', NOW, { readyAt: NOW + 60_000, reason: 'why' });
    await using served = await serveStore(store, WAITING);
    const { body } = await served.get('/api/tasks/task_001');
    expect(body).toMatchObject({
      id: 'T1',
      status: 'queued',
      reason: 'why',
      repository: 'acme/shop',
      issue: 42,
      requester: 'ann',
      instruction: 'fix it',
      priority: 'high',
      run: 'T1.1',
      branch: 'b',
      head: 'abc',
      pull_request: { number: 5, url: 'u', state: 'open' },
      waits_seconds: 60,
      created_at: new Date(NOW).toISOString(),
      runs: [{ id: 'T1.1', agent: 'claude-1', outcome: 'crashed', exit: 1, reason: 'why' }],
    });
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual([
      'task:queued',
      'task:state',
      'run:claimed',
      'run:ended',
      'task:state',
    ]);
    expect((await served.get('/api/tasks/1')).body).toEqual(body);
  });

  it('cancels and retries, once', async () => {
    using store = memoryStore();
    queued(store);
    await using served = await serveStore(store, WAITING);
    expect(await served.post('/api/tasks/T1/cancel')).toMatchObject({
      status: 200,
      body: { status: 'cancelled', reason: 'cancelled on the command line', run: null, waits_seconds: 0 },
    });
    expect(await served.post('/api/tasks/T1/cancel')).toEqual({
      status: 409,
      body: {
        code: 'E_TASK_STATE',
        message: 'T1 is cancelled already',
        remedy: 'See the state of the task with: orch show',
      },
    });
    expect((await served.post('/api/tasks/T1/retry')).body).toMatchObject({ status: 'queued' });
    expect((await served.post('/api/tasks/T1/retry')).status).toBe(409);
  });

  it('pauses and resumes, and says what can not be', async () => {
    using store = memoryStore();
    started(store);
    await using served = await serveStore(store, WAITING);
    expect((await served.post('/api/tasks/T1/pause')).body).toMatchObject({
      status: 'paused',
      reason: 'paused on the command line',
      overlaps: [],
      wakes_at: null,
      question: null,
    });
    expect((await served.post('/api/tasks/T1/pause')).body).toMatchObject({ code: 'E_TASK_STATE' });
    expect((await served.post('/api/tasks/T1/resume')).body).toMatchObject({
      status: 'queued',
      reason: null,
    });
    expect((await served.post('/api/tasks/T1/resume')).body).toMatchObject({
      message: 'T1 is queued, not paused',
    });
  });

  it('says, and shows what was said and whether it was heard', async () => {
    using store = memoryStore();
    const { run } = started(store);
    await using served = await serveStore(store, WAITING);
    const say = (sent: unknown) => served.post('/api/tasks/T1/say', JSON.stringify(sent));
    expect(await say({ text: ' use the\u0007 new API\n' })).toMatchObject({
      status: 200,
      body: { id: 'T1' },
    });
    expect((await say({ text: 'and test it' })).status).toBe(200);
    store.inputs.give(1, run.number);
    store.inputs.arrived(1, NOW);
    const author = 'the command line';
    const at = new Date(NOW).toISOString();
    expect((await served.get('/api/tasks/T1')).body.said).toEqual([
      { text: 'use the new API', author, said_at: at, run: 'T1.1', arrived_at: at },
      { text: 'and test it', author, said_at: at, run: null, arrived_at: null },
    ]);
    for (const bad of [{}, { text: ' ' }, { text: '\u0000' }, { text: 5 }, { text: 'x', as: 'ann' }, []])
      expect(await say(bad)).toMatchObject({ status: 400, body: { code: 'E_USAGE' } });
    expect(await say({ text: 'x'.repeat(40_000) })).toMatchObject({ body: { code: 'E_SAID_TOO_MUCH' } });
    expect(store.inputs.ofTask(1)).toHaveLength(2);
    await served.post('/api/tasks/T1/cancel');
    expect(await say({ text: 'hello' })).toMatchObject({ status: 409, body: { code: 'E_TASK_OVER' } });
  });

  it.each(['T9', 'T0', 'nonsense', '..', '%2e%2e%2fetc', "T1'%20or%201=1", '1e0', 'T1.1'])(
    'knows no task %s',
    async name => {
      using store = memoryStore();
      queued(store);
      await using served = await serveStore(store, WAITING);
      for (const answer of [
        await served.get(`/api/tasks/${name}`),
        await served.post(`/api/tasks/${name}/cancel`),
      ])
        expect(answer).toMatchObject({ status: 404, body: { code: 'E_UNKNOWN_TASK' } });
      expect(store.tasks.get(1)?.state).toBe('queued');
    },
  );

  it.each([
    '?state=done',
    '?limit=0',
    '?limit=1001',
    '?limit=abc',
    '?limit=',
    '?limit=1&limit=2',
    '?limit=1.5',
  ])('refuses the question %s with what is wrong in it', async query => {
    using store = memoryStore();
    await using served = await serveStore(store, WAITING);
    const { status, body } = await served.get(`/api/tasks${query}`);
    expect(status).toBe(400);
    expect(body).toEqual({ code: 'E_USAGE', message: expect.stringMatching(/state|limit/) });
  });

  it('answers what is no request of its own with the fault of the request', async () => {
    using store = memoryStore();
    queued(store);
    await using served = await serveStore(store, WAITING);
    const long = `/api/tasks/${'9'.repeat(200)}`;
    for (const path of ['/', '/etc/passwd'])
      expect(await served.get(path)).toMatchObject({ status: 404, body: { code: 'E_USAGE' } });
    for (const path of [long, '/api/tasks/%zz'])
      expect(await served.get(path)).toMatchObject({
        status: expect.toSatisfy(isClientError),
        body: { code: 'E_USAGE' },
      });
    expect(await served.post('/api/tasks/T1/cancel', '{broken')).toMatchObject({
      status: 400,
      body: { code: 'E_USAGE' },
    });
    const big = await served.post('/api/tasks/T1/cancel', JSON.stringify('x'.repeat(70_000)));
    expect(big).toMatchObject({ status: 413, body: { code: 'E_USAGE' } });
    expect(store.tasks.get(1)?.state).toBe('queued');
  });

  it('says that the disk is full', async () => {
    using store = memoryStore();
    store.tasks.list = () => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    };
    await using served = await serveStore(store, WAITING);
    expect(await served.get('/api/tasks')).toMatchObject({ status: 507, body: { code: 'E_DISK_FULL' } });
  });

  it('never tells what broke inside', async () => {
    using store = memoryStore();
    store.tasks.list = () => {
      throw new Error('secret at /home/someone/.orch');
    };
    await using served = await serveStore(store, WAITING);
    const { status, body } = await served.get('/api/tasks');
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'E_INTERNAL', message: 'Orch failed inside' });
    expect(JSON.stringify(body)).not.toContain('someone');
  });
});

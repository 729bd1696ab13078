import { describe, expect, it } from 'vitest';
import { endRun } from '../../src/queue/change.ts';
import { apiOptions, serveStore } from '../support/api.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';

const AT = new Date(NOW).toISOString();
const IDLE = {
  task: null,
  run: null,
  instruction: null,
  state: null,
  detail: null,
  since: null,
  output: null,
};
const TWO = [
  { name: 'claude', maxInstances: 2 },
  { name: 'codex', maxInstances: 1 },
];

describe('GET /api/agents', () => {
  it('tells what each agent does, and whom its vendor gives nothing', async () => {
    using store = memoryStore();
    started(store, { instruction: 'fix it' });
    store.breakers.open('codex', NOW + 60_000, 'too much');
    const insight = { ...apiOptions(store).insight, output: async () => 'one\ntwo' };
    const agentState = () => ({ state: 'waiting', detail: 'Proceed?' }) as const;
    await using served = await serveStore(store, { agents: TWO, agentState, insight });
    const busy = { task: 'T1', run: 'T1.1', instruction: 'fix it', state: 'waiting', detail: 'Proceed?' };
    expect((await served.get('/api/agents')).body).toEqual([
      {
        ...{ name: 'claude', max_instances: 2, running: 1, limited_until: null, limited_because: null },
        agents: [
          { id: 'claude-1', ...busy, since: AT, output: ['one', 'two'] },
          { id: 'claude-2', ...IDLE },
        ],
      },
      {
        ...{ name: 'codex', max_instances: 1, running: 0 },
        limited_until: new Date(NOW + 60_000).toISOString(),
        limited_because: 'too much',
        agents: [{ id: 'codex-1', ...IDLE }],
      },
    ]);
  });
});

describe('debugging', () => {
  it('tells of a task what is known, and what would come next', async () => {
    using store = memoryStore();
    started(store, { instruction: 'fix it', correlation: 'abc' });
    const insight = {
      output: async () => 'last words',
      screen: async () => '$ make',
      files: () => [{ what: 'log', path: '/logs/T1.1.log', bytes: 9 }],
      next: async () => ({ step: 'start', why: 'nobody is there' }),
    };
    await using served = await serveStore(store, { agents: TWO, insight });
    const told = (await served.get('/api/tasks/task_001/debug')).body;
    expect(told).toMatchObject({
      ...{ id: 'T1', agent: 'claude-1', correlation: 'abc', screen: '$ make', output: 'last words' },
      next: { step: 'start', why: 'nobody is there' },
      runs: [{ id: 'T1.1', files: [{ what: 'log', path: '/logs/T1.1.log', bytes: 9 }] }],
      events: [{ type: 'task:queued' }, { type: 'task:state' }, { type: 'run:claimed' }],
    });
    expect((await served.get('/api/agents/claude-1/debug')).body).toEqual(told);
  });

  it('of an agent tells of the task it had last, and knows no others', async () => {
    using store = memoryStore();
    const { run } = started(store);
    endRun(store, run, { outcome: 'crashed', exitCode: 1, reason: null, lastWords: null }, NOW);
    await using served = await serveStore(store, { agents: TWO });
    expect((await served.get('/api/agents/claude-1/debug')).body).toMatchObject({ id: 'T1', screen: null });
    expect((await served.get('/api/agents/codex-1/debug')).body).toMatchObject({ code: 'E_TASK_STATE' });
    for (const name of ['claude', 'claude-3', 'claude-0', 'codex-1x', '-1', 'nobody-1', '%00'])
      expect((await served.get(`/api/agents/${name}/debug`)).body).toMatchObject({ code: 'E_UNKNOWN_AGENT' });
  });
});

describe('POST /api/cleanup', () => {
  it('answers with what is gone and what could not go', async () => {
    using store = memoryStore();
    const done = { removed: [{ run: 'T1.1', rescued: 'refs/orch/x' }], failed: [] };
    await using served = await serveStore(store, { cleanUp: async () => done });
    expect(await served.post('/api/cleanup')).toEqual({ status: 200, body: done });
  });
});

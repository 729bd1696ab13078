import { get, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { cancel } from '../../src/queue/change.ts';
import { serveStore } from '../support/api.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';

/** Reads server-sent events as they come. */
async function listen(socketPath: string, path: string, headers: Record<string, string> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get({ socketPath, path, headers, agent: false }, resolve).on('error', reject),
  );
  const chunks = response.setEncoding('utf8')[Symbol.asyncIterator]();
  let text = '';
  /** The next block: an event, or a comment. */
  const block = async (): Promise<string | null> => {
    while (!text.includes('\n\n')) {
      const { value, done } = await chunks.next().catch(() => ({ value: '', done: true }));
      if (done) return null;
      text += value;
    }
    const end = text.indexOf('\n\n');
    const one = text.slice(0, end);
    text = text.slice(end + 2);
    return one;
  };
  return {
    response,
    block,
    async event() {
      for (;;) {
        const one = await block();
        const data = /^id: (\d+)\ndata: (.*)$/.exec(one ?? '');
        if (data) return { id: Number(data[1]), ...JSON.parse(data[2] ?? '') };
        if (one === null) return null;
      }
    },
    [Symbol.dispose]: () => void response.destroy(),
  };
}

describe('GET /api/events', () => {
  it('tells what comes, and after a break what was missed', async () => {
    using store = memoryStore();
    queued(store);
    await using served = await serveStore(store);
    using first = await listen(served.socket, '/api/events');
    expect(first.response.headers['content-type']).toBe('text/event-stream');
    expect(await first.block()).toBe(': the journal of Orch');
    queued(store);
    cancel(store, 1, 'no more', NOW);
    expect(await first.event()).toEqual({
      ...{ id: 2, seq: 2, at: new Date(NOW).toISOString(), task: 'T2' },
      ...{ type: 'task:queued', data: {}, text: 'queued' },
    });
    expect(await first.event()).toMatchObject({ id: 3, task: 'T1', text: 'queued → cancelled: no more' });
    using again = await listen(served.socket, '/api/events', { 'last-event-id': '1' });
    expect([(await again.event()).id, (await again.event()).id]).toEqual([2, 3]);
    using one = await listen(served.socket, '/api/events?after=0&task=T1');
    expect([(await one.event()).id, (await one.event()).id]).toEqual([1, 3]);
  });

  it('gives a sign of life, and ends with the daemon', async () => {
    using store = memoryStore();
    const clock = fakeClock(NOW);
    const served = await serveStore(store, { clock });
    using listening = await listen(served.socket, '/api/events');
    await listening.block();
    await expect.poll(() => clock.waiting, { timeout: 15_000 }).toBe(1);
    await clock.advance(15_000);
    expect(await listening.block()).toBe(': still here');
    await served[Symbol.asyncDispose]();
    expect(await listening.event()).toBeNull();
    await expect.poll(() => clock.waiting, { timeout: 15_000 }).toBe(0);
  });

  it('refuses what is no number, and more than a hundred at once', async () => {
    using store = memoryStore();
    await using served = await serveStore(store);
    expect((await served.get('/api/events?after=x')).body).toMatchObject({ code: 'E_USAGE' });
    expect((await served.get('/api/events?task=T9')).body).toMatchObject({ code: 'E_UNKNOWN_TASK' });
    await using stack = new AsyncDisposableStack();
    for (let n = 0; n < 100; n += 1) stack.use(await listen(served.socket, '/api/events'));
    expect(await served.get('/api/events')).toMatchObject({ status: 429, body: { code: 'E_BUSY' } });
  });
});

describe('GET /api/tasks/:task/wait', () => {
  it('answers when the task is over', async () => {
    using store = memoryStore();
    started(store);
    const clock = fakeClock(NOW);
    await using served = await serveStore(store, { clock });
    const answer = served.get('/api/tasks/T1/wait?until=done');
    await expect.poll(() => clock.waiting, { timeout: 15_000 }).toBe(1);
    cancel(store, 1, 'no', NOW);
    expect((await answer).body).toMatchObject({ id: 'T1', status: 'cancelled' });
    expect((await served.get('/api/tasks/T1/wait')).body).toMatchObject({ status: 'cancelled' });
    expect(clock.waiting).toBe(0);
  });

  it('answers with how it stands when the time is over', async () => {
    using store = memoryStore();
    queued(store);
    const clock = fakeClock(NOW);
    await using served = await serveStore(store, { clock });
    const answer = served.get('/api/tasks/T1/wait?seconds=5');
    await expect.poll(() => clock.waiting, { timeout: 15_000 }).toBe(1);
    await clock.advance(5_000);
    expect((await answer).body).toMatchObject({ status: 'queued' });
    for (const query of ['until=tomorrow', 'seconds=0', 'seconds=x'])
      expect((await served.get(`/api/tasks/T1/wait?${query}`)).body).toMatchObject({ code: 'E_USAGE' });
  });
});

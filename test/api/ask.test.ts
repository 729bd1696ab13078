import { describe, expect, it } from 'vitest';
import type { Ask } from '../../src/forge/wish.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { serveStore } from '../support/api.ts';
import { memoryStore } from '../support/tasks.ts';

describe('POST /api/tasks', () => {
  it('queues what is asked for, with the options of comments', async () => {
    using store = memoryStore();
    await using served = await serveStore(store);
    const wish = {
      ...{ instruction: ' fix\u200b the test ', agent: 'claude', model: 'opus', priority: 'high' },
      ...{ timeout: '45m', base: 'next', budget: '2usd', capability: ['tests', 'docs'] },
      context: ['docs/api.md'],
    };
    const { status, body } = await served.post('/api/tasks', JSON.stringify(wish));
    expect([status, body.duplicate]).toEqual([201, false]);
    expect(body).toMatchObject({ id: 'T1', status: 'queued', instruction: 'fix the test', agent: 'claude' });
    expect(body.context).toEqual(['docs/api.md']);
    expect(store.tasks.get(1)).toMatchObject({
      ...{
        model: 'opus',
        priority: 'high',
        timeoutSeconds: 2700,
        base: 'next',
        budgetUsd: 2,
        capabilities: ['docs', 'tests'],
      },
    });
  });

  it('gives the open task that asks for the same, and refuses more than the queue takes', async () => {
    using store = memoryStore();
    await using served = await serveStore(store);
    const add = (instruction: string) => served.post('/api/tasks', JSON.stringify({ instruction }));
    expect((await add('a')).status).toBe(201);
    expect(await add('a')).toMatchObject({ status: 200, body: { id: 'T1', duplicate: true } });
    await add('b');
    await add('c');
    expect(await add('d')).toMatchObject({ status: 409, body: { code: 'E_QUEUE_FULL' } });
  });

  it.each([
    ['no instruction', {}, 'instruction'],
    ['an empty instruction', { instruction: ' \u200b' }, 'instruction'],
    ['an unknown key', { instruction: 'a', agnet: 'claude' }, 'agnet'],
    [
      'a time-out that is none',
      { instruction: 'a', timeout: 'soon' },
      '`timeout` can\'t be "soon": it is how long',
    ],
    ['a list where one is taken', { instruction: 'a', agent: ['a', 'b'] }, '`agent` is there twice'],
    ['a number', { instruction: 'a', budget: 2 }, 'budget'],
    ['a context outside', { instruction: 'a', context: ['a.md', '../x'] }, 'context'],
    ['a context anywhere', { instruction: 'a', context: ['/etc/passwd'] }, 'context'],
    ["a context in git's own files", { instruction: 'a', context: ['a/.GIT/config'] }, 'context'],
    ['a context that is no list', { instruction: 'a', context: 'README.md' }, 'context'],
    ['a repository that is none', { instruction: 'a', repository: 'shop', requester: 'ann' }, 'owner/name'],
    ['a repository without who asks', { instruction: 'a', repository: 'acme/shop' }, '`requester`'],
    ['an issue without its repository', { instruction: 'a', issue: 4 }, '`repository`'],
    ['an issue that is none', { instruction: 'a', repository: 'a/b', requester: 'ann', issue: '0' }, 'issue'],
    ['somebody who is none', { instruction: 'a', repository: 'a/b', requester: '../ann' }, 'login'],
    ['something else', [], 'object'],
  ])('refuses %s', async (_what, wish, says) => {
    using store = memoryStore();
    await using served = await serveStore(store);
    const { status, body } = await served.post('/api/tasks', JSON.stringify(wish));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining(says) });
    expect(store.tasks.list(1)).toEqual([]);
  });

  it('of a file queues its tasks, or says with their lines what is wrong in it', async () => {
    using store = memoryStore();
    await using served = await serveStore(store);
    const post = (text: unknown) => served.post('/api/tasks/file', JSON.stringify({ text }));
    expect(
      await post('- { id: b, description: second, dependencies: [a] }\n- { id: a, description: first }'),
    ).toMatchObject({
      status: 201,
      body: [
        { id: 'T1', instruction: 'first', duplicate: false },
        { id: 'T2', instruction: 'second', duplicate: false },
      ],
    });
    expect((await post('- description: first\n- description: second')).status).toBe(200);
    expect(await post('descripton: x')).toMatchObject({
      status: 400,
      body: {
        code: 'E_TASK_FILE',
        message: expect.stringContaining('line 1: `descripton`: unknown setting'),
      },
    });
    expect(await post('{ id: a, description: x, dependencies: [a] }')).toMatchObject({
      status: 400,
      body: { code: 'E_CYCLE', message: 'These tasks wait for each other: a → a' },
    });
    expect(await post(`description: ${'x'.repeat(600_000)}`)).toMatchObject({ status: 400 });
    expect(await post(3)).toMatchObject({ status: 400, body: { code: 'E_USAGE' } });
  });

  it('tells the daemon where on GitHub, and who wants it', async () => {
    using store = memoryStore();
    const seen: unknown[] = [];
    const refuse: Ask = async (_wishes, at) => {
      seen.push(at);
      throw new OrchError('E_NO_ACCESS', 'Sorry');
    };
    await using served = await serveStore(store, { ask: refuse });
    const at = { repository: 'acme/shop', requester: 'ann' };
    const post = async (path: string, body: object) =>
      (await served.post(path, JSON.stringify({ ...at, ...body }))).status;
    expect(await post('/api/tasks', { instruction: 'a' })).toBe(403);
    expect(await post('/api/tasks', { instruction: 'a', issue: 12 })).toBe(403);
    expect(await post('/api/tasks/file', { text: 'description: a', issue: '#12' })).toBe(403);
    expect(seen).toEqual([null, 12, 12].map(issue => ({ ...at, issue })));
  });

  it('answers with what the daemon says that takes tasks from elsewhere', async () => {
    using store = memoryStore();
    const elsewhere = new OrchError('E_USAGE', 'not here', { remedy: 'Comment `/orch`.' });
    await using served = await serveStore(store, { ask: () => Promise.reject(elsewhere) });
    expect(await served.post('/api/tasks', '{"instruction":"a"}')).toEqual({
      status: 400,
      body: { code: 'E_USAGE', message: 'not here', remedy: 'Comment `/orch`.' },
    });
  });
});

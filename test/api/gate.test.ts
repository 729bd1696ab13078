import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { addGate } from '../../src/api/gate.ts';
import { openHttpApi } from '../../src/api/server.ts';
import { addToken, removeToken } from '../../src/config/tokens.ts';
import { apiOptions } from '../support/api.ts';
import { memoryStore, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what it is
  body: any;
}

/** The API on a TCP server with one queued task; what is not its own gets 404 with the text `other`. */
async function served() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory());
  const store = stack.use(memoryStore());
  queued(store);
  const tokensFile = join(folder.path, 'tokens');
  const api = stack.use(await openHttpApi({ ...apiOptions(store), tokensFile }));
  const server = createServer((request, response) => {
    if (!api.handle(request, response)) response.writeHead(404).end('"other"');
  });
  await new Promise<void>(done => server.listen(0, done));
  stack.defer(() => new Promise<void>(done => void server.close(() => done())));
  const { port } = server.address() as AddressInfo;
  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    host = '127.0.0.1',
    body = '',
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request({ host, port, method, path, headers, agent: false }, response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  const owned = stack.move();
  return { store, tokensFile, port, ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the API over TCP', () => {
  it('takes callers with a token, to what its role allows', async () => {
    await using here = await served();
    const [reader, operator] = [
      addToken(here.tokensFile, 'ro', 'read'),
      addToken(here.tokensFile, 'op', 'operate'),
    ];
    expect((await here.ask('GET', '/api/tasks/T1', bearer(reader))).body).toMatchObject({ id: 'T1' });
    const refused = await here.ask('POST', '/api/tasks/T1/cancel', bearer(reader));
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'E_FORBIDDEN', message: expect.stringContaining('operate') },
    });
    expect(here.store.tasks.get(1)?.state).toBe('queued');
    expect((await here.ask('POST', '/api/tasks/T1/cancel', bearer(operator))).status).toBe(200);
    expect(here.store.tasks.get(1)).toMatchObject({
      state: 'cancelled',
      reason: 'cancelled over the API by op',
    });
  });

  it.each([
    ['none', {}],
    ['an unknown one', bearer('orch_unknown')],
    ['the word Basic', { authorization: 'Basic b3A6b3A=' }],
    ['two', { authorization: 'Bearer a, Bearer b' }],
    ['an endless one', bearer('x'.repeat(10_000))],
  ])('refuses who brings %s, at paths that are there and that are not', async (_, headers) => {
    await using here = await served();
    addToken(here.tokensFile, 'op', 'admin');
    for (const path of ['/api/tasks', '/api', '/api/nothing', '/api/tasks/T1/cancel']) {
      const answer = await here.ask('POST', path, headers);
      expect(answer).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
        body: { code: 'E_UNAUTHORIZED' },
      });
    }
    expect(here.store.tasks.get(1)?.state).toBe('queued');
  });

  it('refuses a token that was taken back, at once', async () => {
    await using here = await served();
    const token = addToken(here.tokensFile, 'op', 'admin');
    expect((await here.ask('GET', '/api/tasks', bearer(token))).status).toBe(200);
    removeToken(here.tokensFile, 'op');
    expect((await here.ask('GET', '/api/tasks', bearer(token))).status).toBe(401);
  });

  it('refuses everybody while the tokens file is open to others or not valid', async () => {
    await using here = await served();
    const token = addToken(here.tokensFile, 'op', 'admin');
    chmodSync(here.tokensFile, 0o644);
    expect(await here.ask('GET', '/api/tasks', bearer(token))).toMatchObject({
      status: 503,
      body: { code: 'E_TOKENS' },
    });
    chmodSync(here.tokensFile, 0o600);
    writeFileSync(here.tokensFile, 'nonsense');
    expect((await here.ask('GET', '/api/tasks', bearer(token))).status).toBe(503);
  });

  it('refuses pages of other sites', async () => {
    await using here = await served();
    const token = addToken(here.tokensFile, 'op', 'admin');
    const from = (origin: string) => here.ask('GET', '/api/tasks', { ...bearer(token), origin });
    expect((await from('https://evil.example')).status).toBe(403);
    expect((await from('null')).status).toBe(403);
    expect((await from(`http://127.0.0.1:${here.port}`)).status).toBe(200);
  });

  it('refuses who called another address than loopback', async () => {
    await using folder = await temporaryDirectory();
    const app = Fastify();
    addGate(app, join(folder.path, 'tokens'));
    app.get('/api/tasks', () => []);
    const token = addToken(join(folder.path, 'tokens'), 'op', 'admin');
    // An injected request has come by no address at all.
    const answer = await app.inject({ url: '/api/tasks', headers: bearer(token) });
    expect(answer.json()).toMatchObject({
      code: 'E_FORBIDDEN',
      message: expect.stringContaining('this machine'),
    });
  });

  it('takes at most 64 KB, and leaves other paths alone', async () => {
    await using here = await served();
    const token = addToken(here.tokensFile, 'op', 'admin');
    const json = { ...bearer(token), 'content-type': 'application/json' };
    const large = await here.ask(
      'POST',
      '/api/tasks/T1/cancel',
      json,
      '127.0.0.1',
      `"${'x'.repeat(70_000)}"`,
    );
    expect(large.status).toBe(413);
    expect(here.store.tasks.get(1)?.state).toBe('queued');
    expect((await here.ask('GET', '/apis', bearer(token))).body).toBe('other');
  });
});

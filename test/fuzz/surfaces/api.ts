import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { openHttpApi } from '../../../src/api/server.ts';
import { addToken } from '../../../src/config/tokens.ts';
import { apiOptions } from '../../support/api.ts';
import { memoryStore, queued } from '../../support/tasks.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { noise } from '../noise.ts';
import { type Surface, Violation } from '../surface.ts';

interface Call {
  /** What stands after `Bearer `; `reader` is given a token that may read. */
  who: string;
  method: string;
  path: string;
  body: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];
const PATHS = [
  ...[
    '/api',
    '/api/',
    '/api/tasks',
    '/api/tasks/',
    '/api/tasks/file',
    '/api/tasks/T1',
    '/api/tasks/T1/cancel',
    '/api/tasks/T1/retry',
    '/api/tasks/T1/say',
    '/api/tasks/T1/pause',
    '/api/tasks/T1/resume',
    '/api/tasks/T1/wait?seconds=-1',
    '/api/events?after=x',
    '/api/events?task=none',
    '/api/orchestrator',
    '/api/agents',
  ],
  ...[
    '/api/tasks/T1/cancel/',
    '/api//tasks/T1/cancel',
    '/api/tasks/%54%31/cancel',
    '/api/tasks/../tasks/T1/cancel',
    '/api/tasks/T1/cancel?x',
    '/api/tasks/T1/cancel;x',
  ],
  ...[
    '/api/tasks?limit=-1',
    '/api/tasks?limit=1e9',
    '/api/tasks?state=none',
    '/api/tasks?limit[]=1',
    '/api/tasks/%00',
    '/api/tasks/%',
    '/api/tasks/__proto__',
    '/api/backups',
  ],
];
const BODIES = [
  '',
  '{}',
  '{"text":"hello"}',
  '{',
  'null',
  '"x"',
  '[1]',
  '{"__proto__":{"role":"admin"}}',
  'x'.repeat(70_000),
];

/** Requests to the API over TCP: without a token nothing but a refusal, with one to read nothing changes. */
export const api: Surface<Call> = {
  name: 'API',
  weight: 6,
  named: Object.fromEntries(
    ['nobody', 'reader'].flatMap(who =>
      METHODS.flatMap(method =>
        PATHS.map(path => [
          `${who}: ${method} ${path}`,
          { who, method, path, body: method === 'POST' ? '{}' : '' },
        ]),
      ),
    ),
  ),
  arbitrary: fc.record({
    who: fc.constantFrom('nobody', 'reader', 'orch_x', '', ' ', 'a, b'),
    method: fc.constantFrom(...METHODS),
    path: fc.oneof(
      fc.constantFrom(...PATHS),
      noise.map(text => `/api/${encodeURI(text.toWellFormed())}`),
    ),
    body: fc.oneof(fc.constantFrom(...BODIES), noise),
  }),
  async open() {
    const folder = await temporaryDirectory();
    const store = memoryStore();
    queued(store);
    const tokensFile = join(folder.path, 'tokens');
    const reader = addToken(tokensFile, 'reader', 'read');
    const opened = await openHttpApi({ ...apiOptions(store), tokensFile });
    const server = createServer((incoming, response) => {
      if (!opened.handle(incoming, response)) response.writeHead(404).end();
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    return {
      async feed(call) {
        const status = await ask(port, call, call.who === 'reader' ? reader : call.who);
        if (status >= 500) throw new Error(`answered with ${status}`);
        if (status < 400 && call.who !== 'reader') throw new Violation('grant', `${call.who} gets ${status}`);
        if (store.tasks.get(1)?.state !== 'queued') throw new Violation('grant', 'a task was changed');
      },
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise(done => server.close(done));
        await opened[Symbol.asyncDispose]();
        store.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
};

/** The status of the answer; 400 where the server hung up on it. */
function ask(port: number, { method, path, body }: Call, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise(resolve => {
    const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, response => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(400));
    });
    call.on('error', () => resolve(400));
    call.end(body);
  });
}

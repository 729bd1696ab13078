import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EnqueueInputs } from '../../src/action/inputs.ts';
import type { Job } from '../../src/action/job.ts';
import type { ApiOptions } from '../../src/api/options.ts';
import { openHttpApi } from '../../src/api/server.ts';
import { addToken } from '../../src/config/tokens.ts';
import type { AskedAt } from '../../src/forge/wish.ts';
import type { Store } from '../../src/store/open.ts';
import { apiOptions } from '../support/api.ts';
import { memoryStore, queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The API of an App that lets everybody in, and what it was asked. */
export interface Served extends AsyncDisposable {
  store: Store;
  inputs(changes?: Partial<EnqueueInputs>): EnqueueInputs;
  asked: { at: AskedAt | null; instruction: string; options: object }[];
  /** Nobody answers while it is true. */
  isAway: boolean;
  /** Breaks what is under way off. */
  hangUp(): void;
  /** Requests that came. */
  readonly calls: number;
}

export async function served(changes: Partial<ApiOptions> = {}): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryDirectory());
  const store = stack.use(memoryStore());
  const tokensFile = join(folder.path, 'tokens');
  const asked: Served['asked'] = [];
  const ask: ApiOptions['ask'] = async (wishes, at) =>
    wishes.map(({ instruction, options }) => {
      asked.push({ at, instruction, options });
      return { kind: 'queued' as const, task: queued(store, { instruction }), notes: [] };
    });
  const api = stack.use(await openHttpApi({ ...apiOptions(store, { ask, ...changes }), tokensFile }));
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    if (state.isAway) response.writeHead(502).end('<html>Bad Gateway</html>');
    else api.handle(request, response);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const token = addToken(tokensFile, 'workflow', 'operate');
  const owned = stack.move();
  const state: Served = {
    store,
    asked,
    isAway: false,
    hangUp: () => server.closeAllConnections(),
    get calls() {
      return calls;
    },
    inputs: (more = {}) => ({
      mode: 'enqueue',
      task: 'mend it',
      issue: null,
      options: {},
      settings: null,
      token: 'ghs_1',
      api: { url, token },
      wait: false,
      ...more,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return state;
}

export function jobOf(name: string, payload: object): Job {
  return {
    event: { name, payload },
    repository: { fullName: 'acme/shop', id: 7, isPublic: false },
    isSelfHosted: true,
    run: { id: 1, attempt: 1, url: 'https://github.com/acme/shop/actions/runs/1' },
    actor: { login: 'ann', id: 9 },
    apiUrl: 'https://api.github.com',
    serverUrl: 'https://github.com',
    temporary: '/tmp',
  };
}

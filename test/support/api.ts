import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { ApiOptions } from '../../src/api/options.ts';
import { serveApi } from '../../src/api/server.ts';
import { version } from '../../src/cli/version.ts';
import { openPlans } from '../../src/daemon/plans.ts';
import type { Ask, Wish } from '../../src/forge/wish.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import { silentLog } from '../../src/shared/log.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { Store } from '../../src/store/open.ts';
import { fakeClock } from './clock.ts';
import { aRequest, NOW, noBackup, noCheckpoints, takesOver } from './tasks.ts';
import { temporaryDirectory } from './temporary.ts';

/** What the API needs of a daemon, of one that has a store and nothing else. */
export function apiOptions(store: Store, changes: Partial<ApiOptions> = {}): ApiOptions {
  return {
    store,
    clock: fakeClock(NOW),
    log: silentLog(),
    redact: redactShapes,
    about: {
      version: version(),
      pid: 99,
      started_at: new Date(NOW).toISOString(),
      url: 'http://127.0.0.1:3000',
      stopping: false,
    },
    ask: askIn(store),
    local: null,
    stop: () => {},
    backUp: noBackup,
    plans: openPlans({
      ...{ store, clock: fakeClock(NOW), redact: redactShapes },
      budgets: { task: null, repositoryDay: null, day: null },
    }),
    checkpoints: noCheckpoints(store),
    takeOver: takesOver(store),
    cleanUp: async () => ({ removed: [], failed: [] }),
    insight: {
      output: async () => '',
      screen: async () => null,
      files: () => [],
      next: async () => ({ step: 'wait', why: 'nobody decides here' }),
    },
    agents: [{ name: 'claude', maxInstances: 1 }],
    agentState: () => null,
    ...changes,
  };
}

/** Queues wishes as they are, three at most. */
function askIn(store: Store): Ask {
  const ask = ({ instruction, options, contextFiles }: Wish) => {
    const { agent = null, model = null, priority = 'normal', timeoutSeconds = 1800, base = 'main' } = options;
    const { usd: budgetUsd = null, tokens: budgetTokens = null } = options.budget ?? {};
    const { capabilities = [], after } = options;
    const wanted = { agent, capabilities, model, priority, timeoutSeconds, base, budgetUsd, budgetTokens };
    return {
      ...enqueue(store, aRequest({ instruction, contextFiles, ...wanted }), NOW, 3, after),
      notes: [],
    };
  };
  return async wishes => store.transaction(() => wishes.map(ask));
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what it is
  body: any;
}

/** The API on a socket that a killed daemon has left. */
export async function serveStore(store: Store, changes: Partial<ApiOptions> = {}) {
  const home = await temporaryDirectory();
  const socket = join(home.path, 'daemon.sock');
  writeFileSync(socket, '');
  const server = await serveApi(socket, apiOptions(store, changes));
  const ask = (method: string, path: string, body?: string) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const call = request({ socketPath: socket, method, path, headers, agent: false }, response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
        );
      });
      call.on('error', reject);
      call.end(body);
    });
  return {
    home: home.path,
    socket,
    get: (path: string) => ask('GET', path),
    post: (path: string, body?: string) => ask('POST', path, body),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

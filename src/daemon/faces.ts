import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ApiOptions } from '../api/options.ts';
import { type HttpApi, openHttpApi, serveApi } from '../api/server.ts';
import { version } from '../cli/version.ts';
import type { Settings } from '../config/settings.ts';
import { type Clock, isoTime } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Daemon } from './daemon.ts';
import type { LastingHome } from './home.ts';
import { listen } from './listen.ts';

export interface FacesOptions extends Pick<ApiOptions, 'ask' | 'local' | 'redact'> {
  daemon: Daemon & Pick<LastingHome, 'backUp'>;
  settings: Settings;
  clock: Clock;
  log: Log;
  /** Takes webhook requests; false for others. None: nothing listens but the API, on its socket and where the settings want it. */
  front: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
}

export interface Faces extends AsyncDisposable {
  about: ApiOptions['about'];
  /** Resolves when somebody has asked over the API that the daemon ends, and its agents are at rest. */
  stopped: Promise<void>;
}

/** What others reach a daemon by: its API, webhooks, health. Errors: E_PORT_TAKEN, E_PATH_TOO_LONG, E_TOKENS. */
export async function openFaces(options: FacesOptions): Promise<Faces> {
  const { daemon, settings, clock, log, front } = options;
  await using stack = new AsyncDisposableStack();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  // Its address is known only when it listens, and the API tells it.
  const about = {
    version: version(),
    pid: process.pid,
    started_at: isoTime(clock.now()),
    url: '',
    stopping: false,
  };
  const apiOptions: ApiOptions = {
    store: daemon.store,
    clock,
    log,
    redact: options.redact,
    about,
    ask: options.ask,
    local: options.local,
    backUp: daemon.backUp,
    agentState: daemon.agentState,
    plans: daemon.plans,
    checkpoints: daemon.checkpoints,
    takeOver: daemon.takeOver,
    cleanUp: daemon.cleanUp,
    insight: daemon.insight,
    agents: settings.profiles,
    stop: now => {
      about.stopping = true;
      void daemon.drain(now).then(stop);
    },
  };
  const api = settings.api.enabled
    ? stack.use(await openHttpApi({ ...apiOptions, tokensFile: settings.api.tokensFile }))
    : null;
  if (front !== null || api !== null) {
    const server = createHttp({ daemon, front, api, clock });
    about.url = await listen(server, settings.server);
    stack.defer(() => void server.closeAllConnections());
    stack.defer(() => void server.close());
  }
  stack.use(await serveApi(daemon.paths.socket, apiOptions));
  const open = stack.move();
  return { about, stopped, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** GitHub gives up after ten seconds; whoever sends more slowly than that is not waited for (ms). */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 };

function createHttp({
  daemon,
  front,
  api,
  clock,
}: Pick<FacesOptions, 'daemon' | 'front' | 'clock'> & { api: HttpApi | null }): Server {
  const startedAt = clock.now();
  return createServer(PATIENCE, (request, response) => {
    if (front?.(request, response) || api?.handle(request, response)) return;
    if (request.method === 'GET' && request.url === '/health') {
      tellHealth(daemon, Math.round((clock.now() - startedAt) / 1000)).then(({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      );
    } else response.writeHead(404).end();
  });
}

async function tellHealth(daemon: Daemon, uptime: number): Promise<{ status: number; body: object }> {
  const health = await daemon.health();
  const status = health.status === 'unhealthy' ? 503 : 200;
  return { status, body: { ...health, uptime_seconds: uptime, tasks: daemon.store.tasks.counts() } };
}

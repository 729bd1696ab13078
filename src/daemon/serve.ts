import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type HttpApi, openHttpApi, serveApi } from '../api/server.ts';
import { version } from '../cli/version.ts';
import { readAppEnvironment } from '../config/environment.ts';
import { homePaths } from '../config/paths.ts';
import { loadSettings } from '../config/settings.ts';
import { type Clock, isoTime, systemClock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { openLog } from '../shared/log.ts';
import { listenForStop } from '../shared/signals.ts';
import { type App, startApp } from './app.ts';
import { listen } from './listen.ts';
import { ownSecrets } from './own-secrets.ts';
import { startProxy } from './proxy.ts';

export interface ServeOptions {
  config?: string;
  home?: string;
  host?: string;
  port?: string;
  logLevel?: string;
}

/**
 * `orch serve`: the daemon in the foreground, until SIGINT or SIGTERM. Then nothing new starts, and running agents go
 * on; the next `orch serve` finds them again.
 */
export async function serve(options: ServeOptions): Promise<void> {
  // The setup page writes credentials there; what the environment says already goes before.
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { env } = process;
  const { config, ...flags } = options;
  const { settings, warnings } = loadSettings({
    env,
    flags,
    ...(config === undefined ? {} : { file: config }),
  });
  const credentials = readAppEnvironment(env, path => readFileSync(path, 'utf8'));
  if (credentials === 'setup') return await (await import('./setup.ts')).serveSetup(settings, env);
  if (settings.sandbox.kind === 'none' && !settings.sandbox.allowUnsandboxed) {
    throw new OrchError(
      'E_UNSANDBOXED',
      'The settings ask for no sandbox, without accepting what that means',
    );
  }
  const paths = homePaths(settings.orchestrator.home);
  const secrets = ownSecrets({ credentials, settings, env });
  const { redact } = secrets;
  const log = openLog({ level: settings.orchestrator.logLevel, file: paths.log, stderr: true, redact });
  for (const warning of warnings) log.warn(warning);
  if (settings.profiles.length === 0)
    log.warn('no agent can run: give one a command under `agents` in orch.yaml');

  const clock = systemClock;
  using stop = listenForStop();
  await using stack = new AsyncDisposableStack();
  const daemon = stack.use(await startApp({ settings, credentials, env, clock, log, secrets }));
  // Known only when it listens, and the API tells it.
  const about = { version: version(), pid: process.pid, started_at: isoTime(clock.now()), url: '' };
  const apiOptions = {
    store: daemon.store,
    clock,
    log,
    redact,
    about,
    ask: askedElsewhere,
    backUp: daemon.backUp,
    agentState: daemon.agentState,
    checkpoints: daemon.checkpoints,
    agents: settings.profiles,
  };
  const api = settings.api.enabled
    ? stack.use(await openHttpApi({ ...apiOptions, tokensFile: settings.api.tokensFile }))
    : null;
  const server = createHttp(daemon, api, clock);
  const url = await listen(server, settings.server);
  stack.defer(() => void server.closeAllConnections());
  stack.defer(() => void server.close());
  about.url = url;
  stack.use(await serveApi(paths.socket, apiOptions));
  if (credentials.webhookProxyUrl) {
    stack.use(
      startProxy({
        source: credentials.webhookProxyUrl,
        target: url + settings.github.webhookPath,
        clock,
        log,
      }),
    );
  }
  log.info(
    { url, home: paths.home },
    `Orch ${about.version} takes webhooks at ${url}${settings.github.webhookPath}`,
  );
  const signal = await stop.told;
  log.info({ signal }, 'stopping: nothing new starts, running agents go on');
}

/** Whose repository it would be, and who answers for it, only GitHub can say. */
async function askedElsewhere(): Promise<never> {
  throw new OrchError('E_USAGE', 'This daemon is a GitHub App, and takes its tasks there', {
    remedy: 'Comment `/orch` and what is to be done on an issue or pull request.',
  });
}

/** GitHub gives up after ten seconds; whoever sends more slowly than that is not waited for (ms). */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 };

function createHttp(daemon: App, api: HttpApi | null, clock: Clock): Server {
  const startedAt = clock.now();
  return createServer(PATIENCE, (request, response) => {
    if (daemon.front(request, response) || api?.handle(request, response)) return;
    if (request.method === 'GET' && request.url === '/health') {
      tellHealth(daemon, Math.round((clock.now() - startedAt) / 1000)).then(({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      );
    } else response.writeHead(404).end();
  });
}

async function tellHealth(daemon: App, uptime: number): Promise<{ status: number; body: object }> {
  const health = await daemon.health();
  const status = health.status === 'unhealthy' ? 503 : 200;
  return { status, body: { ...health, uptime_seconds: uptime, tasks: daemon.store.tasks.counts() } };
}

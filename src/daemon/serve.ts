import { existsSync, readFileSync } from 'node:fs';
import { readAppEnvironment } from '../config/environment.ts';
import { homePaths } from '../config/paths.ts';
import { loadSettings, requireSandbox } from '../config/settings.ts';
import { systemClock } from '../shared/clock.ts';
import { openLog } from '../shared/log.ts';
import { listenForStop } from '../shared/signals.ts';
import { startApp } from './app.ts';
import { openFaces } from './faces.ts';
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
  if (settings.engine !== 'actions') requireSandbox(settings);
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
  const app = stack.use(await startApp({ settings, credentials, env, clock, log, secrets }));
  const { about, stopped } = stack.use(
    await openFaces({
      daemon: app,
      settings,
      clock,
      log,
      redact,
      front: app.front,
      ask: app.ask,
      local: null,
    }),
  );
  if (credentials.webhookProxyUrl) {
    stack.use(
      startProxy({
        source: credentials.webhookProxyUrl,
        target: about.url + settings.github.webhookPath,
        clock,
        log,
      }),
    );
  }
  log.info(
    { url: about.url, home: paths.home },
    `Orch ${about.version} takes webhooks at ${about.url}${settings.github.webhookPath}`,
  );
  const signal = await Promise.race([stop.told, stopped.then(() => 'orch stop')]);
  log.info({ signal }, 'stopping: nothing new starts, running agents go on');
}

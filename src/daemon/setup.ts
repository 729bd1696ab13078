import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { run } from 'probot';
import type { Settings } from '../config/settings.ts';
import { listen } from './listen.ts';

/**
 * Without credentials: Probot's page that registers the App on GitHub from app.yml, and writes what GitHub gives into
 * `.env` of this folder. Then `orch serve` is started again.
 */
export async function serveSetup(settings: Settings, env: NodeJS.ProcessEnv): Promise<void> {
  const file = resolve('.env');
  // Probot reads the manifest from the working folder, and the package has it.
  process.chdir(join(import.meta.dirname, '..', '..'));
  const { host } = settings.server;
  // Probot answers a taken port with a stack trace, and can't say which port it took.
  const probe = createServer();
  const port = Number(new URL(await listen(probe, settings.server)).port);
  await new Promise(done => probe.close(done));
  // Probot would ask smee.io for a channel; WEBHOOK_PROXY_URL is there for who wants one.
  process.env.NO_SMEE_SETUP = 'true';
  await run(() => {}, {
    env: { ...env, HOST: host, PORT: String(port) },
    updateEnv(values: Record<string, string>) {
      const lines = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
      appendFileSync(file, lines.join(''), { mode: 0o600 });
      return {};
    },
  } as Parameters<typeof run>[1]);
  console.error(
    `Orch has no credentials yet. Open http://${host}:${port}/probot to register your GitHub App; then start orch serve again.`,
  );
}

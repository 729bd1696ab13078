import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { run } from 'probot';
import { parse, stringify } from 'yaml';
import type { Settings } from '../config/settings.ts';
import { OF_ACTIONS } from '../github/workflows.ts';
import { listen } from './listen.ts';

/**
 * Without credentials: Probot's page that registers the App on GitHub from app.yml, and writes what GitHub gives into
 * `.env` of this folder. Then `orch serve` is started again.
 */
export async function serveSetup(settings: Settings, env: NodeJS.ProcessEnv): Promise<void> {
  const file = resolve('.env');
  // Probot reads the manifest from the working folder, and the package has it.
  const folder = join(import.meta.dirname, '..', '..');
  process.chdir(settings.engine === 'actions' ? withActions(folder, settings.orchestrator.home) : folder);
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

/** The manifest with what it takes to have GitHub Actions carry runs out, in the home folder; gives that. */
function withActions(folder: string, home: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const manifest = parse(readFileSync(join(folder, 'app.yml'), 'utf8')) as Manifest;
  writeFileSync(join(home, 'app.yml'), stringify(manifestWithActions(manifest)));
  return home;
}

interface Manifest {
  default_events: string[];
  default_permissions: Record<string, string>;
}

/** Least permission: an App whose runs are carried out by its host may start no workflows, and hears of none. */
export function manifestWithActions(manifest: Manifest): Manifest {
  return {
    ...manifest,
    default_events: [...manifest.default_events, ...OF_ACTIONS].sort(),
    default_permissions: { ...manifest.default_permissions, actions: 'write' },
  };
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type AppCredentials, readAppEnvironment } from '../../config/environment.ts';
import type { Settings } from '../../config/settings.ts';
import { githubMessage } from '../../github/client.ts';
import { guardedFetch } from '../../github/client-fetch.ts';
import { OF_ACTIONS } from '../../github/workflows.ts';
import { ownSecrets } from '../own-secrets.ts';
import { createProbot } from '../probot.ts';
import { type Finding, note, ok, problem } from './finding.ts';

const PATIENCE_MS = 10_000;

const app = z.object({ permissions: z.record(z.string(), z.string()), events: z.array(z.string()) });

/** With `engine: actions`: whether the App may start workflows and hears of them. This alone asks GitHub. */
export async function checkEngine(settings: Settings, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  if (settings.engine !== 'actions') return [];
  const credentials = tryCredentials(env);
  // What is wrong with them is told by itself.
  if (credentials === null) return [];
  try {
    const secrets = ownSecrets({ credentials, settings, env });
    const octokit = await createProbot(credentials, guardedFetch(secrets)).auth();
    const request = { retries: 0, signal: AbortSignal.timeout(PATIENCE_MS) };
    return judge(settings, app.parse((await octokit.request('GET /app', { request })).data));
  } catch (error) {
    return [note('engine', `GitHub does not tell what the App may: ${githubMessage(error)}`)];
  }
}

function tryCredentials(env: NodeJS.ProcessEnv): AppCredentials | null {
  try {
    const credentials = readAppEnvironment(env, path => readFileSync(path, 'utf8'));
    return credentials === 'setup' ? null : credentials;
  } catch {
    return null;
  }
}

function judge({ actions }: Settings, { permissions, events }: z.infer<typeof app>): Finding[] {
  const where = actions.repository === null ? 'its own repository' : actions.repository;
  const fleet = `each run is a job of ${actions.workflow} in ${where}`;
  if (permissions.actions !== 'write')
    return [
      problem(
        'engine',
        'the App may start no workflows',
        "Give it `Actions: read and write` on GitHub's page of the App, and accept that where it is installed.",
      ),
    ];
  const missing = OF_ACTIONS.filter(event => !events.includes(event));
  if (missing.length === 0) return [ok('engine', fleet)];
  const remedy = "Subscribe to these events on GitHub's page of the App.";
  return [note('engine', `${fleet}; the App hears of it late, without ${missing.join(', ')}`, remedy)];
}

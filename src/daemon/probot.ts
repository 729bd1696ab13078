import { Probot, ProbotOctokit } from 'probot';
import type { AppCredentials } from '../config/environment.ts';
import { silentLog } from '../shared/log.ts';

/** Probot as Orch has it: signed in as the App, quiet, with each call going by `request`. */
export function createProbot(credentials: AppCredentials, request: typeof fetch): Probot {
  return new Probot({
    appId: credentials.appId,
    privateKey: credentials.privateKey,
    secret: credentials.webhookSecret,
    baseUrl: credentials.apiBaseUrl,
    // Probot logs the payloads of events whose handlers fail; the inbox logs what went wrong instead.
    log: silentLog(),
    // Orch's own queue keeps to GitHub's limits (github/pace.ts). Only this form of defaults reaches all clients.
    Octokit: ProbotOctokit.defaults((defaults: { request?: object }) => ({
      ...defaults,
      request: { ...defaults.request, fetch: request },
      throttle: { enabled: false },
    })) as typeof ProbotOctokit,
  });
}

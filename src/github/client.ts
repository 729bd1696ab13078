import type { Probot } from 'probot';
import type { Clock } from '../shared/clock.ts';

export type Octokit = Awaited<ReturnType<Probot['auth']>>;

/** The App as GitHub knows it: nothing may rely on its name. */
interface Identity {
  appId: number;
  /** `some-name[bot]`: who stands beside what the App writes. */
  login: string;
  /** The number of that bot; null where GitHub does not tell it. */
  userId: number | null;
  /** Author line of the agents' commits, linked to the App by GitHub. */
  email: string;
}

export interface Github {
  octokit(installation: number): Promise<Octokit>;
  /**
   * A token for git over HTTPS: this repository, contents only. Kept in memory, and for minutes: one that GitHub has
   * withdrawn since, because the App was installed anew or lost a repository, is soon replaced.
   */
  gitToken(installation: number, repositoryId: number, access: 'read' | 'write'): Promise<string>;
  identity(installation: number): Promise<Identity>;
}

const KEEP_TOKEN_MS = 300_000;

export function connectGithub(probot: Probot, options: { webBaseUrl: string; clock: Clock }): Github {
  const tokens = new Map<string, { token: string; until: number }>();
  let identity: Promise<Identity> | null = null;

  return {
    octokit: installation => patientClient(probot, installation),

    async gitToken(installation, repositoryId, access) {
      const key = `${installation}:${repositoryId}:${access}`;
      const kept = tokens.get(key);
      if (kept && kept.until > options.clock.now()) return kept.token;
      const app = await probot.auth();
      const { data } = await app.request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id: installation,
        repository_ids: [repositoryId],
        permissions: { contents: access },
      });
      // Five minutes early: a push may take a while.
      const until = Math.min(Date.parse(data.expires_at) - 300_000, options.clock.now() + KEEP_TOKEN_MS);
      tokens.set(key, { token: data.token, until });
      return data.token;
    },

    identity(installation) {
      identity ??= readIdentity(probot, installation, options.webBaseUrl).catch(error => {
        identity = null;
        throw error;
      });
      return identity;
    },
  };
}

const CALL_TIMEOUT_MS = 60_000;

/**
 * No call waits for ever, and one whose token GitHub has withdrawn before its time is made again with a new one: Probot
 * keeps tokens for as long as they should live.
 */
async function patientClient(probot: Probot, installation: number): Promise<Octokit> {
  const client = await probot.auth(installation);
  let fresh: Promise<Octokit> | null = null;
  client.hook.before('request', options => {
    options.request = { ...options.request, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
  });
  client.hook.error('request', async (error, options) => {
    if (!hasStatus(error, 401)) throw error;
    // Calls that go side by side share the new token.
    fresh ??= clientWithNewToken(probot, installation, client);
    // The options name this client's hooks, which would lead back here.
    const { hook: _, ...request } = options.request as typeof options.request & { hook?: unknown };
    return await (await fresh).request({ ...options, request });
  });
  return client;
}

async function clientWithNewToken(probot: Probot, installation: number, like: Octokit): Promise<Octokit> {
  const app = await probot.auth();
  const { data } = await app.request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: installation,
  });
  const Client = like.constructor as new (options: object) => Octokit;
  return new Client({ auth: { token: data.token }, baseUrl: like.request.endpoint.DEFAULTS.baseUrl });
}

async function readIdentity(probot: Probot, installation: number, webBaseUrl: string): Promise<Identity> {
  const app = await (await probot.auth()).request('GET /app');
  if (!app.data) throw new Error('GET /app gave no App');
  const login = `${app.data.slug}[bot]`;
  const userId = await readUserId(probot, installation, login);
  const domain = `users.noreply.${new URL(webBaseUrl).hostname}`;
  return {
    appId: app.data.id,
    login,
    userId,
    email: `${userId === null ? '' : `${userId}+`}${login}@${domain}`,
  };
}

/** Null where GitHub does not tell: commits are then not linked to the App, and nothing else is lost. */
async function readUserId(probot: Probot, installation: number, username: string): Promise<number | null> {
  const client = await patientClient(probot, installation);
  try {
    return Number((await client.request('GET /users/{username}', { username })).data.id);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** Whether an error is GitHub's answer with this status. */
export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && statuses.includes(status);
}

/**
 * GitHub has decided, and asking again won't change it: not allowed, gone, locked, invalid. Rate limits come as 403
 * too, with a time after which to try again, or for the secondary ones at least in so many words.
 */
export function isRefusal(error: unknown): boolean {
  if (!hasStatus(error, 403, 404, 409, 410, 422, 451)) return false;
  const headers = (error as { response?: { headers?: Record<string, string> } }).response?.headers ?? {};
  if (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0') return false;
  return !(hasStatus(error, 403) && /rate limit|abuse/i.test(githubMessage(error)));
}

/** GitHub's own words about an error, for people: message and the first field errors, without URLs or payloads. */
export function githubMessage(error: unknown): string {
  const data = (error as { response?: { data?: { message?: unknown; errors?: unknown } } } | null)?.response
    ?.data;
  if (typeof data?.message !== 'string') return error instanceof Error ? error.message : String(error);
  const details = Array.isArray(data.errors)
    ? data.errors
        .slice(0, 3)
        .map(item => (typeof item === 'string' ? item : ((item as { message?: string }).message ?? '')))
    : [];
  return [data.message, ...details.filter(Boolean)].join(': ');
}

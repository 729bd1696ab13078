import type { Octokit as Core } from '@octokit/core';
import type { PaginateInterface } from '@octokit/plugin-paginate-rest';
import type { Probot } from 'probot';
import type { Access } from '../forge/remote.ts';
import type { Clock } from '../shared/clock.ts';
import type { Pace } from './pace.ts';
import { openTokens } from './tokens.ts';

/** A client of GitHub's API that tries again by itself. */
export type Octokit = Core & { paginate: PaginateInterface };

/** Orch as GitHub knows it: nothing may rely on its name. */
export interface Identity {
  /** Null where Orch has but a token, and is whatever that stands for. */
  appId: number | null;
  /** `some-name[bot]`: who stands beside what Orch writes. */
  login: string;
  /** The number of that bot; null where GitHub does not tell it. */
  userId: number | null;
  /** Author line of the agents' commits, linked to Orch by GitHub. */
  email: string;
}

export interface Github {
  /**
   * A client for one repository. Its tokens reach no other, read for reading, and write no code: that is git's part. A
   * token that GitHub has withdrawn before its time is replaced once; its calls wait for their turn (see pace.ts).
   */
  octokit(installation: number, repositoryId: number): Promise<Octokit>;
  /** A token for git over HTTPS: this repository, contents only, or also what defines its workflows. */
  gitToken(installation: number, repositoryId: number, access: Access): Promise<string>;
  /** Asked for on behalf of a repository, and the same for all. */
  identity(installation: number, repositoryId: number): Promise<Identity>;
}

/** GitHub as an App reaches it. */
export interface AppGithub extends Github {
  /** Asks as the App itself, of what is no installation's. */
  app(): Promise<Octokit['request']>;
}

const GIT = {
  read: { contents: 'read' },
  write: { contents: 'write' },
  workflows: { contents: 'write', workflows: 'write' },
} as const satisfies Record<Access, object>;

const READING = {
  checks: 'read',
  contents: 'read',
  issues: 'read',
  members: 'read',
  pull_requests: 'read',
} as const;
const WRITING = { checks: 'write', contents: 'read', issues: 'write', pull_requests: 'write' } as const;
const MINUTE = 60_000;
/** The App itself has a queue of its own. */
const APP = 0;

export interface GithubOptions {
  webBaseUrl: string;
  clock: Clock;
  pace: Pace;
}

/** Signed in as an App, by Probot. */
export function connectGithub(probot: Probot, options: GithubOptions): AppGithub {
  const { clock, pace } = options;
  const tokens = openTokens({ app: () => probot.auth(), pace, clock });
  let identity: Promise<Identity> | null = null;

  async function app(): Promise<Octokit['request']> {
    // Who asks as the App asks again by itself, and a stop must not wait for Octokit's own tries.
    return (await probot.auth()).request.defaults({ request: { fetch: pace.fetch(APP), retries: 0 } });
  }

  async function octokit(installation: number, repositoryId: number): Promise<Octokit> {
    const authorize: Authorize = async (request, call) => {
      const permissions = permissionsFor(call);
      const purpose = { installation, repositoryId, permissions, keepMs: 50 * MINUTE };
      const send = async (token: string) =>
        request({ ...call, headers: { ...call.headers, authorization: `token ${token}` } });
      const token = await tokens.get(purpose);
      try {
        return await send(token);
      } catch (error) {
        if (!hasStatus(error, 401)) throw error;
        tokens.forget(token);
        return await send(await tokens.get(purpose));
      }
    };
    const like = await probot.auth();
    const Client = like.constructor as new (options: object) => Octokit;
    return new Client({
      authStrategy: () => ({ hook: authorize }),
      baseUrl: like.request.endpoint.DEFAULTS.baseUrl,
      request: { fetch: pace.fetch(installation) },
    });
  }

  return {
    app,
    octokit,
    gitToken: (installation, repositoryId, access) =>
      // Git asks once: one that GitHub has withdrawn, because the App was installed anew, must soon be replaced.
      tokens.get({ installation, repositoryId, permissions: GIT[access], keepMs: 5 * MINUTE }),
    identity(installation, repositoryId) {
      identity ??= octokit(installation, repositoryId)
        .then(client => readIdentity(app, client, options.webBaseUrl))
        .catch(error => {
          identity = null;
          throw error;
        });
      return identity;
    },
  };
}

/** What Octokit calls for each request with the next one to call; innermost, so that tries again come through it too. */
type Authorize = (
  request: (call: RequestOptions) => Promise<unknown>,
  call: RequestOptions,
) => Promise<unknown>;
type RequestOptions = { method: string; url: string; headers: Record<string, unknown> };

/** Workflows are apart: only who has runs carried out there lets the App reach them. */
function permissionsFor({ method, url }: RequestOptions): Record<string, 'read' | 'write'> {
  if (/^\/repos\/[^/]+\/[^/]+\/actions\//.test(url)) return { actions: method === 'GET' ? 'read' : 'write' };
  if (/\/commits\/[^/]+\/status$/.test(url)) return { statuses: 'read' };
  return method === 'GET' ? READING : WRITING;
}

async function readIdentity(asApp: AppGithub['app'], client: Octokit, webBaseUrl: string): Promise<Identity> {
  const app = await (await asApp())('GET /app');
  if (!app.data) throw new Error('GET /app gave no App');
  const login = `${app.data.slug}[bot]`;
  const userId = await readUserId(client, login);
  return { appId: app.data.id, login, userId, email: noreply({ login, userId }, webBaseUrl) };
}

/** The address at which GitHub links commits to somebody, and takes no mail. */
export function noreply({ login, userId }: Pick<Identity, 'login' | 'userId'>, webBaseUrl: string): string {
  const domain = `users.noreply.${new URL(webBaseUrl).hostname}`;
  return `${userId === null ? '' : `${userId}+`}${login}@${domain}`;
}

/** Null where GitHub does not tell: commits are then not linked to the App, and nothing else is lost. */
async function readUserId(client: Octokit, username: string): Promise<number | null> {
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

/** A field error has words of its own, or a field and a code. */
function wordsOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const { message, field, code } = item as { message?: string; field?: string; code?: string };
  return message ?? [field, code].filter(Boolean).join(' ');
}

/** GitHub's own words about an error, for people: message and the first field errors, without URLs or payloads. */
export function githubMessage(error: unknown): string {
  const data = (error as { response?: { data?: { message?: unknown; errors?: unknown } } } | null)?.response
    ?.data;
  if (typeof data?.message !== 'string') return error instanceof Error ? error.message : String(error);
  const details = Array.isArray(data.errors) ? data.errors.slice(0, 3).map(wordsOf) : [];
  const needs = lackingPermission(error);
  return [data.message, ...(needs === null ? [] : [`it takes ${needs}`]), ...details.filter(Boolean)].join(
    ': ',
  );
}

/** The permission that a token lacked, by GitHub's header, as workflows name it; null where that was not the reason. */
function lackingPermission(error: unknown): string | null {
  const { headers, data } = (
    error as { response: { headers?: Record<string, string>; data: { message: string } } }
  ).response;
  const accepted = headers?.['x-accepted-github-permissions'];
  if (
    !accepted ||
    !hasStatus(error, 403) ||
    !/not accessible by (integration|personal access token)/i.test(data.message)
  )
    return null;
  const one = (permission: string) => `\`${permission.trim().replaceAll('_', '-').replace('=', ': ')}\``;
  return accepted
    .split(';')
    .map(together => together.split(',').map(one).join(' and '))
    .join(' or ');
}

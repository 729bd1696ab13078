import { Octokit as Core } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { type Github, type Identity, noreply } from './client.ts';
import type { Pace } from './pace.ts';

export interface JobTokenOptions {
  /** The job's own token, or that of an App: what it may do was decided by whoever wrote the workflow. */
  token: string;
  apiBaseUrl: string;
  webBaseUrl: string;
  pace: Pace;
}

const Client = Core.plugin(retry, paginateRest);

/** All calls of a job have one token, and wait in one line. */
const JOB = 0;

/** GitHub as a job of GitHub Actions reaches it: by one token for all, which can't be replaced. */
export function connectByToken({ token, apiBaseUrl, webBaseUrl, pace }: JobTokenOptions): Github {
  const client = new Client({ auth: token, baseUrl: apiBaseUrl, request: { fetch: pace.fetch(JOB) } });
  let identity: Promise<Identity> | null = null;

  /** An installation's token may ask neither `GET /app` nor `GET /user` who it is. */
  async function readIdentity(): Promise<Identity> {
    const { viewer } = await client.graphql<{ viewer: { login: string; databaseId: number } }>(
      'query { viewer { login databaseId } }',
    );
    const self = { login: viewer.login, userId: viewer.databaseId };
    return { appId: null, ...self, email: noreply(self, webBaseUrl) };
  }

  return {
    octokit: async () => client,
    gitToken: async () => token,
    identity() {
      identity ??= readIdentity().catch(error => {
        identity = null;
        throw error;
      });
      return identity;
    },
  };
}

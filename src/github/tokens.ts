import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../shared/clock.ts';
import { hasStatus, type Octokit } from './client.ts';
import type { Pace } from './pace.ts';

type Permissions = Record<string, 'read' | 'write'>;

/** What a token is for: one repository, and no more than the work at hand needs. */
interface Purpose {
  installation: number;
  repositoryId: number;
  permissions: Permissions;
  /** How long it may be used again (ms): less where nobody would notice that GitHub has withdrawn it. */
  keepMs: number;
}

interface Tokens {
  get(purpose: Purpose): Promise<string>;
  /** GitHub does not take this one any more; who asks next gets a new one, which those who ask side by side share. */
  forget(token: string): void;
}

/** GitHub gives tokens an hour; the last minutes are left to calls and pushes that have begun. */
const RESERVE_MS = 300_000;

/** Tokens of installations, minted when they are needed, kept in memory and written nowhere. */
export function openTokens(options: { app(): Promise<Octokit>; pace: Pace; clock: Clock }): Tokens {
  const { clock } = options;
  const kept = new Map<string, { until: number; minted: Promise<string>; token?: string }>();

  async function mint(purpose: Purpose) {
    const { installation: installation_id, repositoryId, permissions } = purpose;
    const app = await options.app();
    const request = { fetch: options.pace.fetch(installation_id) };
    const ask = (permissions: Permissions) =>
      app.request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id,
        repository_ids: [repositoryId],
        permissions,
        request,
      });
    const { data } = await ask(permissions).catch(async error => {
      if (!hasStatus(error, 422)) throw error;
      // Whoever installed the App has not granted all of it, or no more: what they did grant goes on working.
      const route = 'GET /app/installations/{installation_id}';
      const installation = await app.request(route, { installation_id, request });
      const granted = both(permissions, installation.data.permissions as Partial<Permissions>);
      const isLess = Object.keys(granted).length > 0 && !isDeepStrictEqual(granted, permissions);
      if (!isLess) throw error;
      return await ask(granted);
    });
    return data;
  }

  return {
    async get(purpose) {
      const { installation, repositoryId, permissions, keepMs } = purpose;
      const key = JSON.stringify([installation, repositoryId, permissions]);
      const known = kept.get(key);
      if (known && known.until > clock.now()) return known.minted;
      for (const [old, { until }] of kept) if (until <= clock.now()) kept.delete(old);
      const fresh: NonNullable<typeof known> = {
        until: clock.now() + keepMs,
        minted: mint(purpose).then(({ token, expires_at }) => {
          fresh.until = Math.min(fresh.until, Date.parse(expires_at) - RESERVE_MS);
          fresh.token = token;
          return token;
        }),
      };
      kept.set(key, fresh);
      fresh.minted.catch(() => kept.get(key) === fresh && kept.delete(key));
      return fresh.minted;
    },
    forget(token) {
      for (const [key, one] of kept) if (one.token === token) kept.delete(key);
    },
  };
}

function both(wanted: Permissions, granted: Partial<Permissions>): Permissions {
  const level = (name: string) => (wanted[name] === 'write' && granted[name] === 'write' ? 'write' : 'read');
  const names = Object.keys(wanted).filter(name => granted[name] !== undefined);
  return Object.fromEntries(names.map(name => [name, level(name)]));
}

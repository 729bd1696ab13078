import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { App } from '../model.ts';
import { GitHubError } from './errors.ts';

const header = z.object({ alg: z.literal('RS256') });
const claims = z.object({ iss: z.union([z.string(), z.number()]), iat: z.number(), exp: z.number() });

/** GitHub tolerates clocks that go wrong by a minute. */
const DRIFT_SECONDS = 60;
const LONGEST_SECONDS = 600;

/**
 * Checks that a JSON web token is the App's own, in force, and lives ten minutes at most.
 * The messages are GitHub's: clients read them to correct their clocks.
 */
export function checkAppJwt(app: App, token: string, now: number): void {
  const [head = '', payload = '', signature = ''] = token.split('.');
  if (!header.safeParse(decode(head)).success) throw undecodable();
  const key = createPublicKey(app.publicKey);
  const signed = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${payload}`),
    key,
    Buffer.from(signature, 'base64url'),
  );
  const claimed = claims.safeParse(decode(payload));
  if (!claimed.success) throw undecodable();
  const { iss, iat, exp } = claimed.data;
  if (![String(app.id), app.clientId].includes(String(iss)))
    throw new GitHubError(404, 'Integration not found');
  if (!signed) throw undecodable();
  const seconds = Math.floor(now / 1000);
  if (exp <= seconds) {
    throw unauthorized(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (iat > seconds + DRIFT_SECONDS) {
    throw unauthorized(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (exp > seconds + LONGEST_SECONDS + DRIFT_SECONDS || exp - iat > LONGEST_SECONDS + DRIFT_SECONDS) {
    throw unauthorized("'Expiration time' claim ('exp') is too far in the future");
  }
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return null;
  }
}

function undecodable(): GitHubError {
  return unauthorized('A JSON web token could not be decoded');
}

function unauthorized(message: string): GitHubError {
  return new GitHubError(401, message);
}

import type { RequestEffect } from '../faults.ts';
import type { World } from '../world.ts';
import { badCredentials, type GitHubError } from './errors.ts';
import { rateLimited, readRate, secondaryRateLimited } from './rate-limit.ts';
import type { Answer } from './route.ts';

/** Lets a fault act before a request does. Gives the answer when the fault is one; else the request goes on. */
export async function actOnFault(world: World, fault: RequestEffect | undefined): Promise<Answer | null> {
  switch (fault?.kind) {
    case undefined:
    case 'drop':
      return null;
    case 'status':
      return {
        status: fault.status,
        body: fault.body ?? { message: 'Server Error' },
        headers: fault.headers ?? {},
      };
    case 'latency':
      await new Promise<void>(resolve => world.clock.after(fault.milliseconds, resolve));
      return null;
    case 'rate_limit':
      return refusal(rateLimited(readRate(world, 'fault')));
    case 'secondary_rate_limit':
      return refusal(secondaryRateLimited(fault.retryAfterSeconds));
    case 'unauthorized':
      return refusal(badCredentials());
    case 'expire_tokens':
      expireTokens(world);
      return null;
    default:
      return fault satisfies never;
  }
}

function refusal(error: GitHubError): Answer {
  return { status: error.status, body: error.body(), headers: error.headers };
}

function expireTokens(world: World): void {
  for (const token of world.tokens.values())
    if (token.kind === 'installation') token.expiresAt = world.clock.now();
}

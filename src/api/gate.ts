import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ApiRole, type Holder, holderOf, mayAct, readTokens } from '../config/tokens.ts';
import { OrchError } from '../shared/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token came with the request; null on the unix socket, which its file mode guards. */
    holder: Holder | null;
  }
  interface FastifyContextConfig {
    /** The weakest role that may; `read` for GET and `operate` for the rest, unless told. */
    role?: ApiRole;
  }
}

/**
 * What stands before the API where it is served over TCP: callers from this machine only, no other site's pages, and a
 * bearer token whose role suffices. The tokens file is read at each request, so that a token taken back is dead at once.
 * Errors: E_FORBIDDEN, E_UNAUTHORIZED, E_TOKENS.
 */
export function addGate(app: FastifyInstance, tokensFile: string): void {
  app.addHook('onRequest', async request => {
    requireLoopback(request);
    requireOwnOrigin(request);
    const holder = requireHolder(request, tokensFile);
    const least = request.routeOptions.config.role ?? (request.method === 'GET' ? 'read' : 'operate');
    if (!mayAct(holder.role, least)) {
      throw new OrchError(
        'E_FORBIDDEN',
        `The token of ${holder.name} may ${holder.role}, and this takes ${least}`,
      );
    }
    request.holder = holder;
  });
}

/** The address that was called, not the caller's: a server that listens everywhere still answers here on loopback alone. */
function requireLoopback({ socket }: FastifyRequest): void {
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  if (address === '::1' || address.startsWith('127.')) return;
  throw new OrchError('E_FORBIDDEN', 'The API answers on this machine only');
}

function requireOwnOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined || URL.parse(origin)?.host === host) return;
  throw new OrchError('E_FORBIDDEN', 'A page of another site may not use the API');
}

function requireHolder({ headers }: FastifyRequest, tokensFile: string): Holder {
  const token = /^Bearer ([\w-]{1,200})$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new OrchError('E_UNAUTHORIZED', 'The request brings no token');
  const holder = holderOf(token, readTokens(tokensFile));
  if (holder === null) throw new OrchError('E_UNAUTHORIZED', 'The token is not known');
  return holder;
}

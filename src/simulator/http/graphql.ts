import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { actorOf, authenticate } from './access.ts';
import { badCredentials, GitHubError } from './errors.ts';

/** The one question that GitHub's REST API has no answer to for a token of an installation: who it stands for. */
const VIEWER = /^\s*(query\s*)?\{\s*viewer\s*\{\s*login\s+databaseId\s*\}\s*\}\s*$/;

/** As much of GitHub's GraphQL as Orch uses. */
export function addGraphql(server: FastifyInstance, world: World): void {
  server.post('/api/graphql', (request, reply) => {
    try {
      const caller = authenticate(world, request.headers.authorization);
      if (caller.kind !== 'token') throw badCredentials();
      return reply.send(answer(request.body, actorOf(caller.token).user));
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return reply.code(error.status).send(error.body());
    }
  });
}

function answer(body: unknown, viewer: { login: string; id: number }): object {
  const { query } = JSON.parse(String(body)) as { query?: unknown };
  if (typeof query === 'string' && VIEWER.test(query))
    return { data: { viewer: { login: viewer.login, databaseId: viewer.id } } };
  return {
    errors: [{ message: 'The simulated GitHub knows `query { viewer { login databaseId } }` alone' }],
  };
}

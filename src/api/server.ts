import { rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { OrchError } from '../shared/errors.ts';
import { agentRoutes } from './agents.ts';
import { errorAnswers } from './answers.ts';
import { checkpointRoutes } from './checkpoints.ts';
import { eventRoutes } from './events.ts';
import { addGate } from './gate.ts';
import { localRoutes } from './local.ts';
import type { ApiOptions } from './options.ts';
import { orchestratorRoutes } from './orchestrator.ts';
import { taskRoutes } from './tasks.ts';

/**
 * The API on the daemon's unix socket (0600): who can open it is the user that runs Orch. A socket file that a killed
 * daemon left is replaced; the database's lock has already shown that no other daemon lives.
 */
export async function serveApi(socket: string, options: ApiOptions): Promise<AsyncDisposable> {
  const app = createApi(options);
  if (Buffer.byteLength(socket) > 100)
    throw new OrchError('E_PATH_TOO_LONG', `${socket} is too long for a unix socket`);
  rmSync(socket, { force: true });
  await app.listen({ path: socket });
  await chmod(socket, 0o600);
  return { [Symbol.asyncDispose]: () => app.close() };
}

/** The same API for a TCP server that others share: who calls must bring a token of the file. */
export async function openHttpApi(options: ApiOptions & { tokensFile: string }): Promise<HttpApi> {
  const app = createApi(options);
  addGate(app, options.tokensFile);
  await app.ready();
  return {
    handle(request, response) {
      if (!/^\/api(?:\/|$)/.test(request.url ?? '')) return false;
      app.routing(request, response);
      return true;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

export interface HttpApi extends AsyncDisposable {
  /** Answers a request for the API; false for others. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

function createApi(options: ApiOptions): FastifyInstance {
  const { log, redact } = options;
  const answerError = errorAnswers(log, options.about.version);
  const app = Fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true, frameworkErrors: answerError });
  app.decorateRequest('holder', null);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('orch-version', options.about.version);
  });
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? redact(payload) : payload,
  );
  orchestratorRoutes(app, options);
  agentRoutes(app, options);
  taskRoutes(app, options);
  eventRoutes(app, options);
  checkpointRoutes(app, options);
  localRoutes(app, options);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ code: 'E_USAGE', message: `There is nothing at ${request.method} ${request.url}` }),
  );
  return app;
}

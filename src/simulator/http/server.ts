import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Exchange, Observers } from '../observers.ts';
import { exclusively, type World } from '../world.ts';
import { admit, admitToOrganization, authenticate, type Caller } from './access.ts';
import { badCredentials, GitHubError, notFound } from './errors.ts';
import { actOnFault } from './fault.ts';
import { countRequest, rateHeaders, rateLimited } from './rate-limit.ts';
import type { Answer, Call, Method, Route } from './route.ts';

const API = '/api/v3';

/** GitHub takes comments of 64 Ki characters and files of 100 MB. */
const BODY_LIMIT = 150 * 1024 * 1024;

/** The HTTP server with GitHub's API on it; pages and git are added by the caller. */
export function createServer(world: World, routes: readonly Route[], observers: Observers): FastifyInstance {
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1000 },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  for (const route of routes) {
    server.route({
      method: route.method,
      url: API + route.path,
      exposeHeadRoute: false,
      handler: (request, reply) => answer(world, route, observers, request, reply),
    });
  }
  server.get('/_logs/:id', (request, reply) => {
    const { id } = request.params as { id: string };
    const runs = [...world.repositories.values()].map(({ checkRuns }) => checkRuns.get(Number(id)));
    const log = runs.find(run => run !== undefined)?.log;
    return reply
      .code(log === undefined ? 404 : 200)
      .type('text/plain; charset=utf-8')
      .send(log ?? '');
  });
  server.all(`${API}/*`, (request, reply) => answer(world, null, observers, request, reply));
  return server;
}

async function answer(
  world: World,
  route: Route | null,
  observers: Observers,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const path = request.url.split('?')[0] ?? '';
  const fault = world.faults.forRequest(request.method, path);
  const result = (await actOnFault(world, fault)) ?? (await run(world, route, request, path));
  const headers = { ...commonHeaders(world), ...result.headers };
  observers.exchange(describe(request, path, result, headers));
  if (fault?.kind === 'drop') {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  reply.code(result.status).headers(headers);
  if (result.text !== undefined)
    return reply.type('application/vnd.github.raw; charset=utf-8').send(result.text);
  if (result.body === undefined) return reply.send();
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(result.body));
}

/** Everything that can be refused is refused here, so that each answer has the rate-limit headers. */
async function run(
  world: World,
  route: Route | null,
  request: FastifyRequest,
  path: string,
): Promise<Answer> {
  let rate: Record<string, string> = {};
  try {
    const caller = authenticate(world, request.headers.authorization);
    const counted = countRequest(world, keyOf(caller));
    rate = rateHeaders(counted);
    if (caller.kind === 'token' && caller.token.kind === 'installation') {
      world.traffic.note(caller.token.installation.id, request.method, path, world.clock.now());
    }
    if (counted.remaining <= 0) throw rateLimited(counted);
    if (!route) throw notFound();
    const result = await dispatch(world, route, caller, request, path);
    return { ...result, headers: { ...rate, ...result.headers } };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { status: error.status, body: error.body(), headers: { ...rate, ...error.headers } };
  }
}

function keyOf(caller: Caller): string {
  if (caller.kind === 'app') return 'app';
  if (caller.kind === 'anonymous') return '';
  const { token } = caller;
  return token.kind === 'user' ? `user ${token.user.id}` : `installation ${token.installation.id}`;
}

async function dispatch(
  world: World,
  route: Route,
  caller: Caller,
  request: FastifyRequest,
  path: string,
): Promise<Answer> {
  const call: Call = {
    world,
    method: request.method as Method,
    path,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string>,
    body: readBody(request.body),
    accept: request.headers.accept ?? '',
    token: caller.kind === 'token' ? caller.token : null,
    rateKey: keyOf(caller),
  };
  if (route.access === 'anyone') return route.handle(call);
  if (route.access === 'app') {
    if (caller.kind === 'anonymous') throw badCredentials();
    if (caller.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded');
    return route.handle(call);
  }
  if (route.access === 'organization') {
    admitToOrganization(call, caller, route);
    return route.handle(call);
  }
  const admitted = admit(call, caller, route);
  if (route.method === 'GET') return route.handle(admitted);
  return exclusively(admitted.repository, () => route.handle(admitted));
}

function readBody(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new GitHubError(400, 'Problems parsing JSON');
  }
}

function commonHeaders(world: World): Record<string, string> {
  return {
    date: new Date(world.clock.now()).toUTCString(),
    'x-github-request-id': randomUUID().replaceAll('-', '').toUpperCase(),
    'x-github-media-type': 'github.v3; format=json',
    'x-github-api-version-selected': '2022-11-28',
  };
}

function describe(
  request: FastifyRequest,
  path: string,
  result: Answer,
  headers: Record<string, string>,
): Exchange {
  const { body } = request;
  return {
    method: request.method,
    path: path.slice(API.length),
    query: request.query as Record<string, string>,
    requestHeaders: request.headers as Record<string, string>,
    requestBody: typeof body === 'string' && body !== '' ? parseOrText(body) : undefined,
    status: result.status,
    responseHeaders: headers,
    responseBody: result.body === undefined ? undefined : JSON.parse(JSON.stringify(result.body)),
  };
}

function parseOrText(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

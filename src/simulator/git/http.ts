import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { movingRefs } from '../action/refs.ts';
import { actorOf, authenticate, mayUseGit } from '../http/access.ts';
import { GitHubError, notFound } from '../http/errors.ts';
import { actOnFault } from '../http/fault.ts';
import { type Deed, exclusively, findRepository, fullName, refuseArchived, type World } from '../world.ts';
import { GIT_ENVIRONMENT } from './repository.ts';

/** git's smart HTTP on `/{owner}/{repo}.git`, by `git http-backend`. */
export function addGitRoutes(server: FastifyInstance, world: World): void {
  server.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const handler = (request: FastifyRequest, reply: FastifyReply) => serve(world, request, reply);
    scope.get('/:owner/:repo/info/refs', handler);
    scope.post('/:owner/:repo/git-upload-pack', handler);
    scope.post('/:owner/:repo/git-receive-pack', handler);
  });
}

async function serve(world: World, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const path = request.url.split('?')[0] ?? '';
  const fault = world.faults.forRequest(request.method, path);
  const answer = await actOnFault(world, fault);
  if (answer)
    return reply
      .code(answer.status)
      .headers(answer.headers ?? {})
      .send(JSON.stringify(answer.body));
  try {
    const writing = isPush(request);
    const deed = admit(world, request, writing);
    if (!writing || request.method === 'GET') return await stream(deed, request, reply);
    const result = await exclusively(deed.repository, () => movingRefs(deed, () => collect(deed, request)));
    if (fault?.kind === 'drop') {
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    return reply.code(result.status).headers(result.headers).send(result.body);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.status === 401) reply.header('www-authenticate', 'Basic realm="GitHub"');
    return reply.code(error.status).type('text/plain').send(error.message);
  }
}

function isPush(request: FastifyRequest): boolean {
  const { service } = request.query as { service?: string };
  return request.url.includes('/git-receive-pack') || service === 'git-receive-pack';
}

function admit(world: World, request: FastifyRequest, writing: boolean): Deed {
  const { owner = '', repo = '' } = request.params as { owner?: string; repo?: string };
  const caller = authenticate(world, request.headers.authorization);
  const repository = findRepository(world, owner, repo.replace(/\.git$/, ''));
  if (caller.kind === 'anonymous') {
    if (writing || !repository || repository.private) throw new GitHubError(401, 'Repository not found.');
    return { world, repository, actor: { user: world.app.owner, permissions: {} } };
  }
  if (caller.kind === 'app' || !repository) throw notFound();
  if (!mayUseGit(caller.token, repository, 'read')) throw notFound();
  if (writing) {
    const actor = actorOf(caller.token);
    const denied = `Permission to ${fullName(repository)}.git denied to ${actor.user.login}.`;
    if (!mayUseGit(caller.token, repository, 'write')) throw new GitHubError(403, denied);
    refuseArchived(repository);
  }
  return { world, repository, actor: actorOf(caller.token) };
}

interface CgiAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

function start({ repository, actor }: Deed, request: FastifyRequest) {
  const { headers } = request;
  const suffix =
    /\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(request.url.split('?')[0] ?? '')?.[0] ?? '';
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...GIT_ENVIRONMENT,
      PATH: process.env.PATH,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_TRANSLATED: repository.git.path + suffix,
      REQUEST_METHOD: request.method,
      QUERY_STRING: request.url.split('?')[1] ?? '',
      CONTENT_TYPE: headers['content-type'] ?? '',
      CONTENT_LENGTH: headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_USER: actor.user.login,
      REMOTE_ADDR: '127.0.0.1',
      ORCH_PROTECTED_BRANCHES: [...repository.protectedBranches].join('\n'),
      ORCH_PUSH_REFUSAL: repository.pushRefusal ?? '',
    },
  });
  // A program that ends early closes its input; what it said by then is the answer.
  pipeline((request.body as Readable | undefined) ?? [], child.stdin).catch(() => undefined);
  request.raw.once('close', () => request.raw.complete || child.kill());
  return child;
}

/** A whole answer: pushes are answered after their events are on the way. */
async function collect(deed: Deed, request: FastifyRequest): Promise<CgiAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of start(deed, request).stdout) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const end = whole.indexOf('\r\n\r\n');
  return { ...readHead(whole.subarray(0, end).toString()), body: whole.subarray(end + 4) };
}

async function stream(deed: Deed, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { stdout } = start(deed, request);
  let head = Buffer.alloc(0);
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk as Buffer]);
    if (head.includes('\r\n\r\n')) break;
  }
  const end = head.indexOf('\r\n\r\n');
  const { status, headers } = readHead(head.subarray(0, end).toString());
  stdout.unshift(head.subarray(end + 4));
  return reply.code(status).headers(headers).send(stdout);
}

function readHead(text: string): { status: number; headers: Record<string, string> } {
  const pairs = text.split('\r\n').map(line => line.split(/: (.*)/s) as [string, string]);
  const { Status = '200', ...headers } = Object.fromEntries(pairs);
  return { status: Number(Status.slice(0, 3)), headers };
}

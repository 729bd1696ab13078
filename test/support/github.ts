import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/shared/clock.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { type Validation, validated } from './validated.ts';

interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of a body
  body: any;
  headers: Headers;
}

/** One request to the API: `await call('GET', '/repos/acme/shop')`. */
export type Client = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

interface Received {
  event: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of a payload
  payload: any;
  body: string;
  headers: IncomingHttpHeaders;
}

/** A simulated GitHub with acme/shop, people in every role, the App installed, and a receiver of its webhooks. */
export interface TestGitHub extends AsyncDisposable {
  simulator: Simulator;
  validation: Validation;
  received: Received[];
  /** `issues.opened issue_comment.created`, in the order they came, once all have come. */
  events(): Promise<string[]>;
  as(login: string): Client;
  anonymous: Client;
  app: Client;
  /** A client with a new installation token, narrowed if asked for. */
  installation(narrowed?: { repositories?: string[]; permissions?: Record<string, string> }): Promise<Client>;
}

export const FILES = { 'README.md': '# Shop\n', 'src/cart.js': 'export const total = 1;\n' };

/** More than Orch asks for, so that all of the simulator can be seen. */
const EVERYTHING = {
  permissions: {
    administration: 'write',
    checks: 'write',
    contents: 'write',
    issues: 'write',
    pull_requests: 'write',
    statuses: 'write',
  },
  events: [
    'check_run',
    'create',
    'delete',
    'issue_comment',
    'issues',
    'label',
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'push',
    'status',
  ],
} satisfies SimulatorOptions['app'];

/** Keys take long to make: one is enough for all Apps of a worker. */
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

export async function testGitHub(options: SimulatorOptions = {}): Promise<TestGitHub> {
  const received: Received[] = [];
  const receiver = await receive(received);
  const simulator = await startSimulator({ ...options, app: { privateKey, ...EVERYTHING, ...options.app } });
  const validation = validated(simulator);
  simulator.setWebhook(receiver.url);
  simulator.addUser('acme', { type: 'Organization' });
  for (const login of ['ada', 'tess', 'rita', 'otto']) simulator.addUser(login);
  await simulator.createRepository({ owner: 'acme', name: 'shop', private: true, files: FILES });
  simulator.addCollaborator('acme/shop', 'ada', 'write');
  simulator.addCollaborator('acme/shop', 'tess', 'triage');
  simulator.addCollaborator('acme/shop', 'rita', 'read');
  const { id } = simulator.installApp('acme');
  await simulator.idle();
  received.length = 0;
  const app = client(simulator, () => `Bearer ${appJwt(simulator)}`);
  return {
    simulator,
    validation,
    received,
    events: async () => {
      await simulator.idle();
      return received.map(({ event, payload }) => [event, payload.action].filter(Boolean).join('.'));
    },
    as: login => {
      const token = simulator.userToken(login);
      return client(simulator, () => `token ${token}`);
    },
    anonymous: client(simulator, () => undefined),
    app,
    installation: async (narrowed = {}) => {
      const { body } = await app('POST', `/app/installations/${id}/access_tokens`, narrowed);
      return client(simulator, () => `Bearer ${body.token}`);
    },
    async [Symbol.asyncDispose]() {
      await simulator.idle();
      await simulator.close();
      await receiver.close();
      validation[Symbol.dispose]();
    },
  };
}

async function receive(received: Received[]) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { headers } = request;
    const [event, id] = [String(headers['x-github-event']), String(headers['x-github-delivery'])];
    received.push({ event, id, payload: JSON.parse(body), body, headers });
    response.end('ok');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, close };
}

function client(simulator: Simulator, authorization: () => string | undefined): Client {
  return async (method, path, body, headers = {}) => {
    const value = authorization();
    const response = await fetch(`${simulator.url}/api/v3${path}`, {
      method,
      headers: { accept: 'application/vnd.github+json', ...(value && { authorization: value }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
}

/** The App's JSON web token; what is given replaces its claims, key or algorithm. */
export function appJwt(
  simulator: Simulator,
  given: { claims?: object; key?: string; alg?: string } = {},
): string {
  const now = Math.floor(simulator.world.clock.now() / 1000);
  const { APP_ID, PRIVATE_KEY } = simulator.credentials;
  const claims = { iat: now - 30, exp: now + 300, iss: APP_ID, ...given.claims };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: given.alg ?? 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), given.key ?? PRIVATE_KEY).toString('base64url')}`;
}

/** A clock that stands still until it is set forward. */
export function manualClock(
  start = Date.UTC(2026, 10, 20, 12),
): Clock & { advance(milliseconds: number): void } {
  let now = start;
  const waiting = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    after(milliseconds, call) {
      const entry = { at: now + milliseconds, call };
      waiting.add(entry);
      return { [Symbol.dispose]: () => void waiting.delete(entry) };
    },
    advance(milliseconds) {
      now += milliseconds;
      for (const entry of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(entry);
        entry.call();
      }
    },
  };
}

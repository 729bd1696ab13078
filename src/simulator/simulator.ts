import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { Deliveries, type Delivery } from './deliveries.ts';
import { Faults } from './faults.ts';
import { addGitRoutes } from './git/http.ts';
import { addGraphql } from './http/graphql.ts';
import { createServer } from './http/server.ts';
import { Traffic } from './http/traffic.ts';
import { readManifest } from './manifest.ts';
import type { App, Permissions, User } from './model.ts';
import { type Exchange, Observers } from './observers.ts';
import { type Owners, owners } from './owners.ts';
import { type People, people } from './people.ts';
import { ROUTES } from './routes/index.ts';
import { Workflows } from './workflows/workflows.ts';
import type { World } from './world.ts';

export interface SimulatorOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  clock?: Clock;
  /** Where repositories are kept; without one in a temporary folder, removed at the end. */
  directory?: string;
  app?: {
    id?: number;
    /** Default `orch-simulated`. */
    slug?: string;
    /** PEM; made when missing. */
    privateKey?: string;
    publicKey?: string;
    webhookSecret?: string;
    webhookUrl?: string;
    /** Default: those of app.yml. */
    permissions?: Permissions;
    events?: string[];
  };
  /** Adds more routes, such as pages for people, before the server listens. */
  extend?: (server: FastifyInstance, simulator: Simulator) => void | Promise<void>;
}

/** A GitHub on loopback. What its methods do goes the same way as what comes over HTTP, webhooks included. */
export interface Simulator extends People, Owners, AsyncDisposable {
  /** `http://127.0.0.1:PORT`; the API is under `/api/v3`, git under `/{owner}/{repo}.git`. */
  readonly url: string;
  /** The environment for the App. */
  readonly credentials: Record<
    'APP_ID' | 'PRIVATE_KEY' | 'WEBHOOK_SECRET' | 'GHE_HOST' | 'GHE_PROTOCOL',
    string
  >;
  readonly world: World;
  readonly workflows: Workflows;
  readonly faults: Faults;
  /** Where deliveries go from now on; null for nowhere. */
  setWebhook(url: string | null): void;
  onExchange(listener: (exchange: Exchange) => void): Disposable;
  onDelivery(listener: (delivery: Delivery) => void): Disposable;
  /** Resolves when all events have started what they start, and no delivery is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'orch-github-')));
  const keys = keyPair(options);
  const secret = options.app?.webhookSecret ?? randomBytes(32).toString('hex');
  const world = createWorld(options, directory, keys.publicKey, secret);
  const observers = new Observers();
  const server = createServer(world, ROUTES, observers);
  addGitRoutes(server, world);
  addGraphql(server, world);
  const close = async () => {
    await world.workflows.close();
    await world.deliveries.close();
    await server.close();
    if (!options.directory) await rm(directory, { recursive: true, force: true });
  };
  const simulator: Simulator = {
    ...people(world),
    ...owners(world),
    get url() {
      return world.url;
    },
    get credentials() {
      return {
        APP_ID: String(world.app.id),
        PRIVATE_KEY: keys.privateKey,
        WEBHOOK_SECRET: secret,
        GHE_HOST: new URL(world.url).host,
        GHE_PROTOCOL: 'http',
      };
    },
    world,
    faults: world.faults,
    workflows: world.workflows,
    setWebhook: url => {
      world.deliveries.hook.url = url;
    },
    onExchange: listener => observers.listen(listener),
    onDelivery: listener => world.deliveries.listen(listener),
    async idle() {
      await world.workflows.idle();
      await world.deliveries.idle();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  await options.extend?.(server, simulator);
  try {
    world.url = await server.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  } catch (error) {
    await close();
    throw new OrchError('E_PORT_TAKEN', `The simulated GitHub cannot listen on port ${options.port}`, {
      cause: error,
    });
  }
  return simulator;
}

function keyPair({ app }: SimulatorOptions): { publicKey: string; privateKey: string } {
  if (app?.publicKey || app?.privateKey) {
    const key = app.publicKey ?? app.privateKey ?? '';
    return { publicKey: key, privateKey: app.privateKey ?? '' };
  }
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
}

/** What the simulated GitHub knows at its beginning. */
export function createWorld(
  options: SimulatorOptions,
  directory: string,
  publicKey: string,
  secret: string,
): World {
  const clock = options.clock ?? systemClock;
  let last = 1000;
  const newId = () => ++last;
  const app = createApp(options, publicKey, clock, newId);
  const faults = new Faults();
  const hook = { id: newId(), url: options.app?.webhookUrl ?? null, secret };
  const actions = createActionsApp(app);
  const users = new Map([app.owner, app.bot, actions.bot].map(user => [user.login.toLowerCase(), user]));
  const world: Omit<World, 'workflows'> = {
    clock,
    url: '',
    directory,
    app,
    actions,
    users,
    teams: new Map(),
    repositories: new Map(),
    formerNames: new Map(),
    installations: new Map(),
    tokens: new Map(),
    rates: new Map(),
    traffic: new Traffic(),
    faults,
    deliveries: new Deliveries(hook, { appId: app.id, clock, faults, newId }),
    newId,
  };
  return Object.assign(world, { workflows: new Workflows(world as World) });
}

function createApp({ app }: SimulatorOptions, publicKey: string, clock: Clock, newId: () => number): App {
  const createdAt = clock.now();
  const slug = app?.slug ?? 'orch-simulated';
  const account = (login: string, type: User['type']): User => ({
    id: newId(),
    login,
    name: null,
    type,
    createdAt,
    suspended: false,
  });
  const manifest = readManifest();
  return {
    id: app?.id ?? newId(),
    clientId: `Iv23li${slug}`,
    slug,
    name: slug,
    owner: account('app-owner', 'User'),
    bot: account(`${slug}[bot]`, 'Bot'),
    permissions: app?.permissions ?? manifest.permissions,
    events: app?.events ?? manifest.events,
    publicKey,
    createdAt,
  };
}

/** The App that is on every GitHub, by the ids that it has there. */
function createActionsApp({ owner, publicKey, createdAt }: App): App {
  const slug = 'github-actions';
  const bot: User = {
    id: 41_898_282,
    login: `${slug}[bot]`,
    name: null,
    type: 'Bot',
    createdAt,
    suspended: false,
  };
  const name = 'GitHub Actions';
  const clientId = `Iv1.${slug}`;
  return { id: 15_368, clientId, slug, name, owner, bot, permissions: {}, events: [], publicKey, createdAt };
}

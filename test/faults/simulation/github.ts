import { createSign, generateKeyPairSync } from 'node:crypto';
import { movingRefs } from '../../../src/simulator/action/refs.ts';
import type { Faults } from '../../../src/simulator/faults.ts';
import { createServer } from '../../../src/simulator/http/server.ts';
import type { Repository } from '../../../src/simulator/model.ts';
import { Observers } from '../../../src/simulator/observers.ts';
import { type People, people } from '../../../src/simulator/people.ts';
import { ROUTES } from '../../../src/simulator/routes/index.ts';
import { createWorld } from '../../../src/simulator/simulator.ts';
import type { World } from '../../../src/simulator/world.ts';
import { type Graph, memoryRepository } from './git.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Time } from './time.ts';

export const NAME = 'acme/shop';
export const URL_OF_GITHUB = 'http://github.test';

export interface SimulatedDelivery {
  guid: string;
  event: string;
  payload: string;
}

// The keys and the routes cost more than a whole history: all of them share one of each.
const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const shell = {} as World;
const server = createServer(shell, ROUTES, new Observers());

/** The simulated GitHub without sockets and without git: what it knows outlives Orch. */
export class SimulatedGithub {
  readonly world: World;
  readonly repository: Repository;
  readonly people: People;
  readonly webhooks: Webhooks;
  /** It can't be reached. */
  isAway = false;
  /** So many of the next writes take place, and their answers never arrive. */
  lostAnswers = 0;
  readonly #network: Network;

  constructor(time: Time, network: Network, graph: Graph) {
    this.#network = network;
    const world = createWorld({ clock: time.real }, '/memory', KEYS.publicKey, 'secret');
    this.webhooks = new Webhooks(world.faults);
    this.world = Object.assign(shell, world, { url: URL_OF_GITHUB, deliveries: this.webhooks });
    this.people = people(shell);
    this.repository = addRepository(shell, this.people.addUser('acme', { type: 'Organization' }), graph);
    for (const [login, role] of PEOPLE) {
      this.people.addUser(login);
      this.people.addCollaborator(NAME, login, role);
    }
    this.repository.collaborators.set(shell.app.bot.id, 'write');
    this.people.installApp('acme');
  }

  /** In the place of Octokit's fetch: the request is on its way, takes effect, and its answer is on its way. */
  async fetch(life: Life, url: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? 'GET';
    const what = `${method} ${url.slice(URL_OF_GITHUB.length + '/api/v3'.length)}`;
    await this.#network.pass(life, what);
    if (this.isAway) throw new TypeError('fetch failed');
    const answer = await this.#network.atOnce(() => ask(url, init));
    const isLost = method !== 'GET' && answer.ok && this.loseAnswer();
    await this.#network.pass(life, `${isLost ? 'no answer' : answer.status} to ${what}`);
    if (isLost) throw new TypeError('fetch failed');
    return answer;
  }

  /** A push over git, if the branch stands at `expected`. */
  async push(branch: string, sha: string, expected: string | null): Promise<boolean> {
    const { world, repository } = this;
    if ((await this.tip(branch)) !== expected) return false;
    const deed = { world, repository, actor: { user: world.app.bot, permissions: {} } };
    await movingRefs(deed, () => repository.git.setRef(`refs/heads/${branch}`, sha));
    return true;
  }

  async tip(branch: string): Promise<string | null> {
    const ref = `refs/heads/${branch}`;
    return (await this.repository.git.refs(ref)).get(ref) ?? null;
  }

  loseAnswer(): boolean {
    if (this.lostAnswers === 0) return false;
    this.lostAnswers -= 1;
    return true;
  }
}

const PEOPLE = [
  ['ann', 'write'],
  ['bob', 'admin'],
  ['eve', 'read'],
] as const;

/** In the place of the simulator's own, which speaks HTTP: each delivery is on its way as soon as it is sent. */
class Webhooks {
  /** Everything that was sent, as GitHub's log has it. */
  readonly log: SimulatedDelivery[] = [];
  arrive: (delivery: SimulatedDelivery) => void = () => {};
  #held: SimulatedDelivery[] = [];
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  send({ event, payload }: { event: string; payload: object }): void {
    const delivery = { guid: `delivery-${this.log.length + 1}`, event, payload: JSON.stringify(payload) };
    this.log.push(delivery);
    const fault = this.#faults.forDelivery(event)?.kind;
    if (fault === 'reorder') {
      this.#held.push(delivery);
      return;
    }
    const copies = fault === 'lose' ? [] : fault === 'double' ? [delivery, delivery] : [delivery];
    for (const each of [...copies, ...this.#held.splice(0)]) this.arrive(each);
  }
}

function addRepository(world: World, owner: Repository['owner'], graph: Graph): Repository {
  const now = world.clock.now();
  const repository: Repository = {
    id: world.newId(),
    owner,
    name: 'shop',
    parent: null,
    private: true,
    description: null,
    defaultBranch: 'main',
    archived: false,
    protectedBranches: new Set(),
    pushRefusal: null,
    collaborators: new Map(),
    teams: new Map(),
    labels: new Map(),
    issues: new Map(),
    comments: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    statuses: [],
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    git: memoryRepository(graph),
  };
  world.repositories.set(repository.id, repository);
  return repository;
}

/** What Octokit reads of a response. */
async function ask(url: string, { method = 'GET', headers, body }: RequestInit): Promise<Response> {
  const answer = await server.inject({
    method: method as 'GET',
    url: url.slice(URL_OF_GITHUB.length),
    headers: headers as Record<string, string>,
    ...(body ? { payload: body as string } : {}),
  });
  const response = {
    ok: answer.statusCode < 400,
    status: answer.statusCode,
    url,
    headers: new Map(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    text: async () => answer.body,
    json: async () => JSON.parse(answer.body),
    arrayBuffer: async () => answer.rawPayload,
    clone: () => response,
  };
  return response as unknown as Response;
}

const jwts = new Map<string, string>();

/** The App's token at a time; all histories begin at the same one. */
export function appToken(appId: number, now: number): string {
  const minute = Math.floor(now / 60_000) * 60;
  const key = `${appId}@${minute}`;
  const known = jwts.get(key);
  if (known) return known;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: appId, iat: minute - 60, exp: minute + 480 })}`;
  const token = `${text}.${createSign('RSA-SHA256').update(text).sign(KEYS.privateKey, 'base64url')}`;
  jwts.set(key, token);
  return token;
}

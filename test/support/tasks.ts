import Database from 'better-sqlite3';
import type { Profile } from '../../src/choice/candidates.ts';
import { chooser, type Limits, type RepositoryLimits } from '../../src/choice/choose.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { rollBackIn } from '../../src/daemon/rollback-asked.ts';
import { takeOverIn } from '../../src/daemon/take-over.ts';
import { type Claim, claim } from '../../src/queue/claim.ts';
import { enqueue } from '../../src/queue/enqueue.ts';
import type { Connection, Statement } from '../../src/store/connection.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import type { Request, Run, Task } from '../../src/task/glossary.ts';
import { fakeClock } from './clock.ts';

export const NOW = 1_800_000_000_000;

export function memory(): Connection {
  return new Database(':memory:') as unknown as Connection;
}

/** What the migrations make, for all tests of a worker. */
let migrated: Buffer | undefined;

/** A store in memory. There are thousands: each begins with a copy, and makes its statements when they are needed. */
export function memoryStore(): Store {
  migrated ??= migratedImage();
  const database = new Database(migrated);
  return openStore({
    exec: sql => database.exec(sql),
    prepare: sql => whenUsed(() => database.prepare(sql) as unknown as Statement),
    close: () => database.close(),
  });
}

function migratedImage(): Buffer {
  const database = new Database(':memory:');
  openStore(database as unknown as Connection);
  const image = database.serialize();
  database.close();
  return image;
}

function whenUsed(make: () => Statement): Statement {
  let made: Statement | undefined;
  const statement = () => (made ??= make());
  return {
    run: (...values) => statement().run(...values),
    get: (...values) => statement().get(...values),
    all: (...values) => statement().all(...values),
    iterate: (...values) => statement().iterate(...values),
  };
}

let requests = 0;

/** A request like no other, unless `changes` makes it one. */
export function aRequest(changes: Partial<Request> = {}): Request {
  requests += 1;
  return {
    repository: 'acme/shop',
    repositoryId: 7,
    installation: 5,
    issue: 42,
    onPullRequest: false,
    headSha: null,
    source: `comment:${requests}:0`,
    comment: requests,
    requester: 'ann',
    requesterId: 9,
    instruction: `fix number ${requests}`,
    issueTitle: 'It breaks',
    issueBody: 'When pressed.',
    conversation: '[]',
    contextFiles: [],
    agent: null,
    capabilities: [],
    model: null,
    priority: 'normal',
    timeoutSeconds: 1800,
    budgetUsd: null,
    budgetTokens: null,
    base: 'main',
    settings: '{}',
    correlation: `delivery-${requests}`,
    ...changes,
  };
}

/** A queued task in the store. */
export function queued(store: Store, changes: Partial<Request> = {}, now = NOW): Task {
  return enqueue(store, aRequest(changes), now, 10_000).task;
}

/** What a choice sees of a profile. */
export function aProfile(name: string, maxInstances: number, capabilities: readonly string[] = []): Profile {
  return { name, maxInstances, capabilities };
}

const ROOMY: Limits = {
  concurrent: 1000,
  perRepository: null,
  profiles: [aProfile('claude', 1000)],
};

export const NO_WISHES = (): ReturnType<RepositoryLimits> => ({
  agents: null,
  agent: null,
  concurrency: null,
});

/** The next claim where there is room for all. */
export const claimed = (store: Store, now = NOW): Claim | null =>
  claim(store, chooser(store, ROOMY, NO_WISHES), now);

/** A task whose first run has just been claimed. */
export function started(store: Store, changes: Partial<Request> = {}, now = NOW): { task: Task; run: Run } {
  const { id } = queued(store, changes, now);
  for (;;) {
    const next = claimed(store, now);
    if (!next) throw new Error('nothing to claim');
    if (next.task.id === id) return next;
  }
}

/** Where no backup is asked for. */
/** A rollback is only asked for, and nobody keeps anything. */
export const noCheckpoints = (store: Store) => ({
  make: () => Promise.reject(new Error('nobody keeps anything here')),
  rollBack: rollBackIn({ store, clock: fakeClock(NOW) }),
});

/** With `claude` for an agent in which a person can work, and no other. */
export const takesOver = (store: Store) => {
  const { settings } = loadSettings({ env: {}, text: 'agents: { claude: {} }' });
  return takeOverIn({ store, clock: fakeClock(NOW), settings });
};

export const noBackup = () => Promise.reject(new Error('nobody backs up here'));

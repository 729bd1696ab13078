import type { Sight, Stages } from '../../src/scheduler/stages.ts';
import type { Store } from '../../src/store/open.ts';
import { type Run, runName, type Task } from '../../src/task/glossary.ts';

interface FakeSession {
  alive: boolean;
  exitCode: number | null;
  setupFailed: string | null;
  /** Whether an interrupt ends it, and with which exit code. */
  obeys: number | null;
  /** What its CLI tells of itself. */
  told?: Partial<Pick<Sight, 'limit' | 'heard' | 'end'>>;
}

type StageCall =
  | 'prepare'
  | 'rescue'
  | 'launch'
  | 'look'
  | 'interrupt'
  | 'kill'
  | 'lastWords'
  | 'open'
  | 'close'
  | 'find'
  | 'openDraft';

/** What is out there: it outlives the scheduler, as tmux, git and GitHub do. */
export interface FakeWorld {
  sessions: Map<string, FakeSession>;
  /** Runs whose broker listens. */
  brokers: Set<string>;
  /** Commits that a run's agent made and did not push. */
  unpushed: Map<string, string>;
  /** Open pull requests on GitHub, by task. */
  pulls: Map<number, number>;
  /** How often a session was really started. */
  launches: Map<string, number>;
  /** Every call, as `launch T1.1`. */
  calls: string[];
  /** tmux can't be asked. */
  blind: boolean;
  /** Called before and after each effect; may throw, or return a promise that never comes. */
  before(call: StageCall, run: string): unknown;
  after(call: StageCall, run: string): unknown;
  session(run: string): FakeSession;
  /** The agent's process ends. */
  end(run: string, exitCode: number | null): void;
}

export function fakeWorld(): FakeWorld {
  const sessions = new Map<string, FakeSession>();
  const session = (run: string) => {
    const found = sessions.get(run);
    if (!found) throw new Error(`${run} has no session`);
    return found;
  };
  return {
    sessions,
    brokers: new Set(),
    unpushed: new Map(),
    pulls: new Map(),
    launches: new Map(),
    calls: [],
    blind: false,
    before: () => {},
    after: () => {},
    session,
    end: (run, exitCode) => void Object.assign(session(run), { alive: false, exitCode }),
  };
}

/** The stages of one scheduler over the fake world. Writes of commits and pull requests are fenced as the real ones are. */
export function fakeStages(world: FakeWorld, store: Store): Stages {
  async function effect<T>(call: StageCall, run: string, work: () => T): Promise<T> {
    world.calls.push(`${call} ${run}`);
    await world.before(call, run);
    const result = work();
    await world.after(call, run);
    return result;
  }
  const name = (run: Run) => runName(run.task, run.number);

  return {
    workspace: {
      prepare: (task, run) =>
        effect('prepare', name(run), () => ({
          branch: `orch/T${task.id}`,
          target: 'main',
          baseSha: 'base',
          head: task.head,
        })),
      rescue: (task, run) =>
        effect('rescue', name(run), () => {
          // The real one goes through the run's socket, and would find nobody there.
          if (task.branch !== null && !world.brokers.has(name(run))) throw new Error('the broker is closed');
          const head = world.unpushed.get(name(run));
          if (head !== undefined) store.tasks.update(run.task, run.epoch, { head });
        }),
      remove: async () => null,
    },
    agent: {
      launch: (_task, run) =>
        effect('launch', name(run), () => {
          if (!world.sessions.has(name(run))) {
            world.sessions.set(name(run), { alive: true, exitCode: null, setupFailed: null, obeys: 130 });
            world.launches.set(name(run), (world.launches.get(name(run)) ?? 0) + 1);
          }
          return { pid: 1000 + run.task, pidStart: null };
        }),
      look: run => effect('look', name(run), () => see(world, name(run))),
      interrupt: run =>
        effect('interrupt', name(run), () => {
          const session = world.sessions.get(name(run));
          if (session?.alive && session.obeys !== null) world.end(name(run), session.obeys);
        }),
      kill: run =>
        effect('kill', name(run), () => {
          if (world.sessions.get(name(run))?.alive) world.end(name(run), null);
        }),
      lastWords: run => effect('lastWords', name(run), () => `last words of ${name(run)}`),
    },
    broker: {
      open: (task, run) =>
        effect('open', name(run), () => {
          if (task.branch !== null) world.brokers.add(name(run));
        }),
      close: run => effect('close', name(run), () => void world.brokers.delete(name(run))),
    },
    pulls: {
      find: task => effect('find', `T${task.id}`, () => recordOpenPull(world, store, task)),
      openDraft: (task, run) =>
        effect('openDraft', name(run), () => {
          world.pulls.set(task.id, 100 + task.id);
          recordOpenPull(world, store, task);
        }),
    },
  };
}

const TELLS_NOTHING = { limit: null, heard: null, end: null, turnEndedAt: null };

function see(world: FakeWorld, run: string): Sight {
  const session = world.sessions.get(run);
  const rest = {
    setupFailed: session?.setupFailed ?? null,
    killedBy: null,
    ...TELLS_NOTHING,
    ...session?.told,
  };
  if (session && !session.alive && session.exitCode !== null)
    return { session: 'ended', exitCode: session.exitCode, ...rest };
  if (world.blind) return { session: 'unknown', exitCode: null, ...rest };
  if (!session) return { session: 'none', exitCode: null, ...rest };
  return { session: session.alive ? 'alive' : 'ended', exitCode: null, ...rest };
}

function recordOpenPull(world: FakeWorld, store: Store, task: Task): boolean {
  const number = world.pulls.get(task.id);
  if (number === undefined || task.pull === number) return number !== undefined;
  return store.transaction(() => {
    const pull = { pull: number, pullUrl: `https://github.test/pull/${number}`, pullState: 'open' as const };
    if (!store.tasks.update(task.id, task.epoch, pull)) return false;
    const data = { number, url: pull.pullUrl, draft: false };
    store.journal.append(task.updatedAt, task.id, 'pull:opened', data);
    return true;
  });
}

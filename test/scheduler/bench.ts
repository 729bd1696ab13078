import { chooser, type Limits } from '../../src/choice/choose.ts';
import type { Policy } from '../../src/scheduler/judge.ts';
import { type Scheduler, startScheduler } from '../../src/scheduler/scheduler.ts';
import type { Stages } from '../../src/scheduler/stages.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { silentLog } from '../../src/shared/log.ts';
import type { Connection, Statement } from '../../src/store/connection.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import type { Request, Run, Task } from '../../src/task/glossary.ts';
import { type FakeClock, fakeClock, settled } from '../support/clock.ts';
import { type FakeWorld, fakeStages, fakeWorld } from '../support/stages.ts';
import { aProfile, aRequest, memory, NO_WISHES, queued } from '../support/tasks.ts';

export const POLICY: Policy = {
  maxRetries: 3,
  retryDelaySeconds: 60,
  retryOnFailure: true,
  noPullRequest: 'draft',
  timeoutSeconds: null,
  onLimit: 'wait',
};

export interface SchedulerBench extends AsyncDisposable {
  readonly store: Store;
  readonly scheduler: Scheduler;
  world: FakeWorld;
  clock: FakeClock;
  /** A queued task, taken as far as it goes by itself. */
  ask(changes?: Partial<Request>): Promise<Task>;
  task(id?: number): Task;
  run(number?: number, task?: number): Run;
  /** `kill -9` and a new start: memory is gone, the database and the world are as they were. */
  crash(): Promise<void>;
  /** Kills the present scheduler without starting another. */
  kill(): void;
  types(id?: number): string[];
}

/** A scheduler over a real queue in memory and a fake world. */
export function bench(
  options: { limits?: Partial<Limits>; policy?: Partial<Policy>; sweepSeconds?: number } = {},
) {
  const connection = memory();
  const world = fakeWorld();
  const clock = fakeClock();
  let life = birth();

  function birth() {
    const limits = { concurrent: 5, perRepository: null, profiles: [aProfile('claude', 100)] };
    const state = { dead: false };
    const store = openStore(mortal(connection, state));
    const scheduler = startScheduler({
      store,
      stages: mortalStages(fakeStages(world, store), state),
      policy: () => ({ ...POLICY, ...options.policy }),
      graceSeconds: 30,
      clock: mortalClock(clock, state),
      log: silentLog(),
      choose: chooser(store, { ...limits, ...options.limits }, NO_WISHES),
      promoteAfterMinutes: 30,
      sweepSeconds: options.sweepSeconds ?? 5,
    });
    return { state, store, scheduler };
  }

  const made: SchedulerBench = {
    get store() {
      return life.store;
    },
    get scheduler() {
      return life.scheduler;
    },
    world,
    clock,
    async ask(changes = {}) {
      const { id } = queued(life.store, aRequest(changes), clock.now());
      await settled();
      return made.task(id);
    },
    task: (id = 1) => life.store.tasks.get(id) as Task,
    run: (number = 1, task = 1) => life.store.runs.get(task, number) as Run,
    kill() {
      life.state.dead = true;
    },
    async crash() {
      life.state.dead = true;
      await settled();
      world.brokers.clear();
      life = birth();
      await settled();
    },
    types: (id = 1) => life.store.journal.ofTask(id).map(({ type }) => type),
    async [Symbol.asyncDispose]() {
      await life.scheduler.drain();
      connection.close();
    },
  };
  return made;
}

/** What `orch done` and the broker write. */
export function sayDone({ store, clock, run }: SchedulerBench): void {
  store.transaction(() => {
    store.runs.update(run(), { doneAt: clock.now() });
    store.journal.append(clock.now(), 1, 'run:done', { run: 1, summary: 'ok' });
  });
}

export function openPull({ store, clock, task }: SchedulerBench): void {
  store.transaction(() => {
    const { epoch } = task();
    store.tasks.update(1, epoch, { head: 'abc', pull: 5, pullUrl: 'u', pullState: 'open' });
    store.journal.append(clock.now(), 1, 'pull:opened', { number: 5, url: 'u', draft: false });
  });
}

interface Life {
  dead: boolean;
}

/** The dead write nothing, at whatever point they died. */
function mortal(connection: Connection, life: Life): Connection {
  const alive = (statement: Statement): Statement => {
    if (life.dead) throw new Error('this process is dead');
    return statement;
  };
  return {
    close: () => {},
    exec: sql => connection.exec(sql),
    prepare(sql) {
      const statement = connection.prepare(sql);
      return {
        run: (...values) => alive(statement).run(...values),
        get: (...values) => alive(statement).get(...values),
        all: (...values) => alive(statement).all(...values),
        iterate: (...values) => alive(statement).iterate(...values),
      };
    },
  };
}

function mortalStages(stages: Stages, life: Life): Stages {
  const wrap = <T extends object>(group: T): T =>
    new Proxy(group, {
      get(target, key) {
        const call = Reflect.get(target, key) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          if (life.dead) return await never();
          try {
            return await call(...args);
          } finally {
            if (life.dead) await never();
          }
        };
      },
    });
  return {
    workspace: wrap(stages.workspace),
    agent: wrap(stages.agent),
    broker: wrap(stages.broker),
    pulls: wrap(stages.pulls),
  };
}

function mortalClock(clock: Clock, life: Life): Clock {
  return {
    now: clock.now,
    after: (milliseconds, call) =>
      clock.after(milliseconds, () => {
        if (!life.dead) call();
      }),
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cancel, retry } from '../../src/queue/change.ts';
import { OrchError } from '../../src/shared/errors.ts';
import type { TaskState } from '../../src/task/states.ts';
import { isFinal, mayBecome } from '../../src/task/states.ts';
import { settled } from '../support/clock.ts';
import { aProfile, aRequest, queued } from '../support/tasks.ts';
import { bench, type SchedulerBench } from './bench.ts';

const CONCURRENT = 3;
const SLOTS = 2;

type Event =
  | { do: 'ask'; priority: 'high' | 'normal' | 'low' }
  | { do: 'cancel' | 'retry' | 'vanish' | 'done' | 'commit' | 'pull' | 'stubborn'; pick: number }
  | { do: 'end'; pick: number; exitCode: number; told: boolean }
  | { do: 'blind' | 'heal' | 'crash' }
  /** The daemon dies in the midst of a stage's work, so many calls from now. */
  | { do: 'crash in'; calls: number; before: boolean }
  | { do: 'fault'; call: string; kind: 'outage' | 'broken' | 'refused' }
  | { do: 'wait'; seconds: number };

const pick = fc.nat(50);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      priority: fc.constantFrom('high', 'normal', 'low'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel', 'retry', 'vanish', 'done', 'commit', 'pull', 'stubborn'),
      pick,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick,
      exitCode: fc.constantFrom(0, 0, 1, 127, 130),
      told: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('blind', 'heal', 'crash') }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('crash in' as const), calls: fc.nat(8), before: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      call: fc.constantFrom(
        'prepare',
        'launch',
        'look',
        'interrupt',
        'kill',
        'rescue',
        'find',
        'openDraft',
        'close',
      ),
      kind: fc.constantFrom('outage', 'broken', 'refused'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 5, 31, 60, 300, 1800),
    }),
  },
) as fc.Arbitrary<Event>;

const FAULTS = {
  outage: () => new Error('502 Bad Gateway'),
  broken: () => new OrchError('E_PROGRAM_FAILED', 'fatal: not a git repository'),
  refused: () => new OrchError('E_PUSH_REFUSED', 'protected'),
};

function chosen<T>(list: readonly T[], pick: number): T | undefined {
  return list.length === 0 ? undefined : list[pick % list.length];
}

function tolerant(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof OrchError) || error.code !== 'E_TASK_STATE') throw error;
  }
}

/** What the broker writes for a live run, fenced as it is there. */
function agentWrites(b: SchedulerBench, name: string, what: 'done' | 'pull'): void {
  const [task = 0, number = 0] = name.slice(1).split('.').map(Number);
  const { store, clock } = b;
  const row = b.task(task);
  const run = b.run(number, task);
  if (row.epoch !== run.epoch || isFinal(row.state)) return;
  store.transaction(() => {
    if (what === 'done') {
      store.runs.update(run, { doneAt: clock.now() });
      store.journal.append(clock.now(), task, 'run:done', { run: number, summary: null });
    } else {
      b.world.pulls.set(task, task);
      store.tasks.update(task, run.epoch, { head: 'abc', pull: task, pullUrl: 'u', pullState: 'open' });
      store.journal.append(clock.now(), task, 'pull:opened', { number: task, url: 'u', draft: false });
    }
  });
}

async function play(b: SchedulerBench, step: Event): Promise<void> {
  const { world, store, clock } = b;
  const living = [...world.sessions].filter(([, { alive }]) => alive).map(([name]) => name);
  const tasks = store.tasks.list(1000);
  const run = 'pick' in step ? chosen(living, step.pick) : undefined;
  switch (step.do) {
    case 'ask':
      queued(store, aRequest({ priority: step.priority }), clock.now());
      break;
    case 'cancel':
    case 'retry': {
      const change = step.do === 'cancel' ? cancel : retry;
      const task = chosen(tasks, step.pick);
      if (task) tolerant(() => change(store, task.id, step.do, clock.now()));
      break;
    }
    case 'done':
    case 'pull':
      if (run) agentWrites(b, run, step.do);
      break;
    case 'commit':
      if (run) world.unpushed.set(run, 'abc');
      break;
    case 'stubborn':
      if (run) world.session(run).obeys = null;
      break;
    case 'vanish':
      if (run) world.end(run, null);
      break;
    case 'end':
      if (run) world.end(run, step.exitCode);
      if (run && step.told) b.scheduler.wake(Number(run.slice(1).split('.')[0]));
      break;
    case 'blind':
    case 'heal':
      world.blind = step.do === 'blind';
      if (step.do === 'heal') world.before = () => {};
      break;
    case 'crash':
      await b.crash();
      break;
    case 'crash in': {
      let left = step.calls;
      const die = () => {
        if (left-- === 0) b.kill();
      };
      if (step.before) world.before = die;
      else world.after = die;
      await clock.advance(10_000);
      world.before = () => {};
      world.after = () => {};
      await b.crash();
      break;
    }
    case 'fault':
      world.before = call => {
        if (call === step.call) throw FAULTS[step.kind]();
      };
      break;
    case 'wait':
      await clock.advance(step.seconds * 1000);
      break;
    default:
      step satisfies never;
  }
  await settled();
}

/** What must hold at every moment. */
function check(b: SchedulerBench, epochs: Map<number, number>): void {
  const { world, store } = b;
  const living = [...world.sessions].filter(([, { alive }]) => alive).map(([name]) => name.split('.')[0]);
  expect(new Set(living).size, 'one living agent a task').toBe(living.length);
  expect(living.length).toBeLessThanOrEqual(CONCURRENT);
  for (const [run, count] of world.launches) expect(count, `${run} is launched once`).toBe(1);

  const live = store.runs.live();
  expect(live.length).toBeLessThanOrEqual(CONCURRENT);
  expect(new Set(live.map(({ task }) => task)).size, 'one live run a task').toBe(live.length);
  const slots = live.map(({ profile, slot }) => `${profile}-${slot}`);
  expect(new Set(slots).size, 'one run a slot').toBe(slots.length);

  for (const task of store.tasks.list(1000)) {
    expect(task.epoch).toBeGreaterThanOrEqual(epochs.get(task.id) ?? 0);
    epochs.set(task.id, task.epoch);
    let state: TaskState = 'queued';
    for (const event of store.journal.ofTask(task.id)) {
      if (event.type !== 'task:state') continue;
      expect(event.data.from).toBe(state);
      expect(mayBecome(event.data.from, event.data.to), `${state} to ${event.data.to}`).toBe(true);
      state = event.data.to;
    }
    expect(task.state, 'the journal tells the state').toBe(state);
    if (task.state === 'starting' || task.state === 'running')
      expect(live.some(run => run.task === task.id && run.epoch === task.epoch)).toBe(true);
    const ended = store.journal.ofTask(task.id).filter(({ type }) => type === 'run:ended').length;
    expect(ended, 'each run ends once').toBe(
      store.runs.ofTask(task.id).filter(run => run.endedAt !== null).length,
    );
  }
}

/** No more faults; agents end by themselves within a minute. */
async function calm({ world, clock, store }: SchedulerBench): Promise<void> {
  world.before = () => {};
  world.blind = false;
  const isBusy = () => store.tasks.countOpen() > 0 || store.runs.live().length > 0;
  for (let minute = 0; minute < 90 && isBusy(); minute++) {
    await clock.advance(60_000);
    for (const [run, { alive }] of world.sessions) if (alive) world.end(run, 0);
  }
}

it('whatever happens in whatever order, every task is in one lawful state, runs once at a time, and settles', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40, size: 'max' }), async events => {
      await using b = bench({
        sweepSeconds: 60,
        limits: {
          concurrent: CONCURRENT,
          profiles: [aProfile('claude', SLOTS), aProfile('codex', SLOTS)],
        },
      });
      const epochs = new Map<number, number>();
      for (const each of events) {
        await play(b, each);
        check(b, epochs);
      }
      await calm(b);
      check(b, epochs);
      const open = b.store.tasks.list(1000).filter(({ state }) => !isFinal(state));
      expect(open.map(({ id, state }) => `T${id} is ${state}`)).toEqual([]);
      expect(b.store.runs.live()).toEqual([]);
      expect([...b.world.sessions.values()].filter(({ alive }) => alive)).toEqual([]);
      expect([...b.world.brokers]).toEqual([]);
    }),
    { seed: 20261121, numRuns: 60 },
  );
});

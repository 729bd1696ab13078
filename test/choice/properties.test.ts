import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Profile } from '../../src/choice/candidates.ts';
import { chooser, type Limits, type RepositoryLimits } from '../../src/choice/choose.ts';
import { endRun } from '../../src/queue/change.ts';
import { claim } from '../../src/queue/claim.ts';
import type { Store } from '../../src/store/open.ts';
import { PRIORITIES, type RunOutcome, type Task } from '../../src/task/glossary.ts';
import { aProfile, memoryStore, NOW, queued } from '../support/tasks.ts';

const NAMES = ['claude', 'codex', 'gemini', 'fixer'];
const WORDS = ['docs', 'tests'];
const PLACES = [7, 8];
const ENDS: RunOutcome[] = ['succeeded', 'failed', 'crashed', 'timed_out', 'rate_limited', 'cancelled'];

const profile = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.subarray(WORDS))
  .map(([places, words]) => ({ places, words }));
const own = fc.record({
  agents: fc.option(fc.subarray([...NAMES, 'gone'], { minLength: 1 })),
  agent: fc.option(fc.constantFrom(...NAMES)),
  concurrency: fc.option(fc.integer({ min: 1, max: 3 })),
});
const world = fc.record({
  profiles: fc.array(profile, { minLength: 1, maxLength: NAMES.length }),
  concurrent: fc.integer({ min: 1, max: 6 }),
  perRepository: fc.option(fc.integer({ min: 1, max: 4 })),
  own: fc.tuple(own, own),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      repositoryId: fc.constantFrom(...PLACES),
      agent: fc.option(fc.constantFrom(...NAMES, 'gone'), { freq: 3 }),
      capabilities: fc.subarray(WORDS),
      priority: fc.constantFrom(...PRIORITIES),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(9),
      outcome: fc.constantFrom(...ENDS),
      again: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('limit' as const), name: fc.constantFrom(...NAMES) }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

function happen(store: Store, { own }: World, event: Event, now: number): void {
  switch (event.do) {
    case 'ask': {
      const { do: _, ...request } = event;
      queued(store, { ...request, settings: JSON.stringify(own[PLACES.indexOf(request.repositoryId)]) }, now);
      return;
    }
    case 'end': {
      const live = store.runs.live();
      const run = live[event.which % Math.max(1, live.length)];
      if (!run) return;
      store.runs.update(run, { spawnedAt: run.startedAt });
      endRun(store, run, { outcome: event.outcome, exitCode: null, reason: null, lastWords: null }, now);
      store.tasks.update(run.task, run.epoch, { state: event.again ? 'queued' : 'cancelled' });
      return;
    }
    case 'limit':
      store.breakers.open(event.name, now + 5, 'limit');
      return;
    default:
      event satisfies never;
  }
}

interface Chance {
  /** Limits and places allow it now. */
  hasRoom: boolean;
  /** The task may go to it at all. */
  isFit: boolean;
  isOwn: boolean;
}

/** Whether an agent may take a task now, said another way than the code does: by the documentation's list. */
function chanceOf(store: Store, limits: Limits, task: Task, profile: Profile, now: number): Chance {
  const { name, maxInstances, capabilities } = profile;
  const settings = settingsOf(task);
  const live = store.runs.live();
  const here = live.filter(run => store.tasks.get(run.task)?.repositoryId === task.repositoryId).length;
  const isAllowed = settings.agents === null || settings.agents.includes(name);
  const hasAll = task.capabilities.every(word => capabilities.includes(word));
  const isFree = task.agent === null || wasStopped(store, task);
  return {
    hasRoom:
      live.length < limits.concurrent &&
      live.filter(run => run.profile === name).length < maxInstances &&
      here < (limits.perRepository ?? Infinity) &&
      here < (settings.concurrency ?? Infinity) &&
      !store.breakers.opened(now).some(breaker => breaker.profile === name),
    isFit: isAllowed && (task.agent === name || (isFree && hasAll)),
    isOwn: settings.agent === name,
  };
}

/** After a time-out or a limit another agent comes first; that it is waited for is what a unit test says. */
function wasStopped(store: Store, task: Task): boolean {
  const outcome = store.runs.get(task.id, task.runs)?.outcome;
  return outcome === 'timed_out' || outcome === 'rate_limited';
}

function settingsOf(task: Pick<Task, 'settings'>) {
  return JSON.parse(task.settings) as ReturnType<RepositoryLimits>;
}

/** The tasks in the order of the queue. */
function queueOf(store: Store): Task[] {
  const rank = (task: Task) => PRIORITIES.indexOf(task.priority) * 1e6 + task.id;
  return store.tasks.list(1000, ['queued']).sort((a, b) => rank(a) - rank(b));
}

/** Claims once, and checks what was claimed, refused and passed by against what was lawful before. */
function claimLawfully(store: Store, limits: Limits, now: number): boolean {
  const choose = chooser(store, limits, settingsOf);
  expect(choose(now)).toEqual(chooser(store, limits, settingsOf)(now));
  const waiting = queueOf(store).map(task => {
    const agents = limits.profiles.map(profile => ({
      name: profile.name,
      ...chanceOf(store, limits, task, profile, now),
    }));
    return { task, agents, wasStopped: wasStopped(store, task) };
  });
  const claimed = claim(store, choose, now);
  for (const { task, agents, wasStopped } of waiting) {
    if (claimed?.task.id === task.id) {
      expect(agents).toContainEqual(
        expect.objectContaining({ name: claimed.run.profile, hasRoom: true, isFit: true }),
      );
      break;
    }
    const fit = agents.filter(({ isFit }) => isFit);
    if (store.tasks.get(task.id)?.state === 'failed') expect(fit).toEqual([]);
    // It may wait for its repository's own agent, though others are free.
    else if (!wasStopped && !fit.some(({ isOwn }) => isOwn))
      expect(fit.filter(({ hasRoom }) => hasRoom)).toEqual([]);
  }
  return claimed !== null;
}

function checkPlaces(store: Store, { profiles }: Limits): void {
  for (const { name, maxInstances } of profiles) {
    const slots = store.runs.live().flatMap(run => (run.profile === name ? [run.slot] : []));
    expect(new Set(slots).size).toBe(slots.length);
    for (const slot of slots) expect(slot).toBeLessThanOrEqual(maxInstances);
  }
}

it('whatever is asked and whatever ends, each claim is lawful, the same twice, and nobody waits who may go', () => {
  fc.assert(
    fc.property(world, fc.array(event, { minLength: 5, maxLength: 30, size: 'max' }), (world, events) => {
      using store = memoryStore();
      const profiles = world.profiles.map(({ places, words }, n) => aProfile(NAMES[n] ?? '', places, words));
      const limits: Limits = { ...world, profiles };
      let now = NOW;
      for (const each of events) {
        happen(store, world, each, ++now);
        while (claimLawfully(store, limits, now)) checkPlaces(store, limits);
      }
    }),
    { seed: 20261128, numRuns: 60 },
  );
});

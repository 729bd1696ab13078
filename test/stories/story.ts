import type { Task } from '../../src/task/glossary.ts';
import { isFinal } from '../../src/task/states.ts';
import { GOOD_AGENT, startTestApp, type TestApp, type TestAppOptions } from '../support/app.ts';
import { onGithub } from './evidence.ts';

/** One thing that people may count on of pull requests, or that does not hold. */
export interface Story {
  name: string;
  /** Without work by agents it can't hold. */
  needsAgents: boolean;
  /** The App, its agents, and the repository acme/shop with issue 1. */
  world: TestAppOptions;
  play(world: World): Promise<Told>;
}

/** What came of it. */
interface Told {
  /** The task that it is about, by its number; null when none came about. */
  task: number | null;
  pull: number | null;
  /** What was read back from the simulated GitHub. */
  evidence: Record<string, unknown>;
  /** What has to be true of that, each in a few words: it holds when all of it is. */
  claims: Record<string, boolean>;
}

/** As `npm run stories -- --json` prints it. */
export interface Outcome {
  held: boolean;
  task: string | null;
  pull_request: number | null;
  evidence: Record<string, unknown>;
  /** What of it did not hold. */
  why?: string[];
}

interface World extends TestApp {
  /** What stands on GitHub, as people find it there. */
  on: ReturnType<typeof onGithub>;
  /** The task once it is over or paused, and its last run has ended; null when it is not there by the time that all is quiet. */
  over(task: number): Promise<Task | null>;
  /** Once the tests of a task's work have been run, and GitHub has been told. */
  proven(task: number): Promise<void>;
  /** Once nothing works any more, nothing is due, and GitHub has been told of all. */
  rest(): Promise<void>;
}

/** Only what hangs comes near it, on a busy machine too. */
const LONGEST_MS = 120_000;

/** Plays a story in a world of its own, which is gone afterwards. `sabotage`: agents do nothing. */
export async function tell(story: Story, { sabotage }: { sabotage: boolean }): Promise<Outcome> {
  try {
    await using app = await startTestApp(sabotage ? sabotaged(story.world) : story.world);
    return await played(story, app);
  } catch (error) {
    // The world itself: it did not come up, is not gone, or App and GitHub did not speak as GitHub's description has it.
    return { held: false, task: null, pull_request: null, evidence: {}, why: [wordsOf(error)] };
  }
}

/** The same world, with agents that end well at once and have done nothing. */
function sabotaged({
  agents = { good: GOOD_AGENT },
  settings = {},
  ...world
}: TestAppOptions): TestAppOptions {
  const names = Object.keys(agents);
  const profiles = Object.entries((settings.agents ?? {}) as Record<string, object>);
  return {
    ...world,
    agents: Object.fromEntries(names.map(name => [name, 'true'])),
    settings: {
      ...settings,
      ...(profiles.length > 0 && {
        agents: Object.fromEntries(
          profiles.map(([name, profile]) => [name, { ...profile, command: ['true'] }]),
        ),
      }),
    },
  };
}

async function played(story: Story, app: TestApp): Promise<Outcome> {
  const world = worldOf(app);
  try {
    const { task, pull, evidence, claims } = await inTime(story.play(world));
    const broken = Object.entries(claims).flatMap(([claim, isTrue]) => (isTrue ? [] : [claim]));
    return {
      held: broken.length === 0 && Object.keys(claims).length > 0,
      task: task === null ? null : `T${task}`,
      pull_request: pull,
      evidence: Object.keys(evidence).length > 0 ? evidence : { left: world.on.all() },
      ...(broken.length > 0 && { why: broken }),
    };
  } catch (error) {
    const evidence = { left: world.on.all() };
    return { held: false, task: null, pull_request: null, evidence, why: [wordsOf(error)] };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function worldOf(app: TestApp): World {
  const { github, until } = app;
  const store = () => app.daemon.store;
  const isAtRest = (task: Task | null) =>
    task !== null &&
    (isFinal(task.state) || task.state === 'paused') &&
    store().runs.liveOf(task.id) === null;
  const isQuiet = () => store().runs.live().length === 0 && !store().tasks.claimable(Date.now()).next().value;
  async function rest(): Promise<void> {
    await app.quiet();
    await until(isQuiet);
    await app.quiet();
  }
  return {
    ...app,
    // A getter, as the App's own is: a story may stop it and start it again.
    get daemon() {
      return app.daemon;
    },
    on: onGithub(github),
    rest,
    async proven(id) {
      await until(() => store().proofs.get(id));
      await app.quiet();
    },
    async over(id) {
      await app.quiet();
      if (store().tasks.get(id) === null) return null;
      await until(() => isAtRest(store().tasks.get(id)));
      await app.quiet();
      return store().tasks.get(id);
    },
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const alarm = setTimeout(() => late.reject(new Error(`not over after ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(alarm);
  }
}

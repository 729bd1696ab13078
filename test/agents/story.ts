import { once } from 'node:events';
import type { Task } from '../../src/task/glossary.ts';
import type { Cli, Scripts } from '../models/script.ts';
import { sabotaged } from '../models/scripts.ts';
import type { TestApp } from '../support/app.ts';
import type { Install } from './installs.ts';
import type { StorySandbox } from './sandboxes.ts';
import { startWorld, type World } from './world.ts';

/** One thing that holds, or does not, of Orch with a real CLI. */
export interface Story {
  name: string;
  /** Other CLIs that it takes. */
  with?(cli: Cli): readonly Cli[];
  scripts: Scripts;
  settings?: Record<string, unknown>;
  /** Throws what does not hold. */
  play(world: World, cli: Cli): Promise<void>;
}

export interface Outcome {
  held: boolean;
  /** `T1`; null when none came about. */
  task: string | null;
  /** Its number. */
  pull_request: number | null;
  /** Of the models, all of them. */
  model_calls: number;
  /** What did not hold. */
  why?: string;
}

/** Only what hangs comes near it, on a busy machine too: a task that is lost ends its story. */
const LONGEST_MS = 300_000;

export interface TellOptions {
  /** The models make no commit. */
  sabotage: boolean;
  sandbox: StorySandbox;
  signal: AbortSignal;
}

/** Plays it in a world of its own, which is gone afterwards, with the first CLI; it takes the others too. */
export async function tell(
  story: Story,
  installs: readonly [Install, ...Install[]],
  { sabotage, sandbox, signal }: TellOptions,
): Promise<Outcome> {
  const { settings = {} } = story;
  const [{ cli }] = installs;
  const scripts = sabotage ? sabotaged(story.scripts) : story.scripts;
  await using world = await startWorld({ installs, scripts, sandbox, settings });
  const why = await whyNot([
    story.play(world, cli),
    failureOf(world.app),
    aborted(AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])),
  ]);
  const task = world.app.daemon.store.tasks.list(1)[0];
  return {
    held: why === null,
    task: task ? `T${task.id}` : null,
    pull_request: task?.pull ?? null,
    model_calls: world.models.calls.length,
    ...(why !== null && { why: `${why}${task ? `; T${task.id} is ${stateOf(world.app, task.id)}` : ''}` }),
  };
}

/** Throws what was expected, unless it is so. */
export function expectThat(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(`not so: ${what}`);
}

/** What is thrown first; null when one is over before. */
async function whyNot(promises: readonly Promise<void>[]): Promise<string | null> {
  try {
    await Promise.race(promises);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Throws as soon as the task is lost: no story goes on from there. */
async function failureOf(app: TestApp): Promise<never> {
  const { state } = await app.until(() => {
    const task = tryTask(app);
    return (task?.state === 'failed' || task?.state === 'escalated') && task;
  });
  throw new Error(`the task is ${state}`);
}

function tryTask(app: TestApp): Task | null {
  try {
    return app.daemon.store.tasks.get(1);
  } catch {
    // Between a stop of the daemon and its start there is none to ask.
    return null;
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('it took too long, or was stopped');
}

function stateOf(app: TestApp, id: number): string {
  const { state, reason } = app.task(id);
  const words = app.runs(id).at(-1)?.lastWords;
  return [state, reason, words].filter(Boolean).join(', ');
}

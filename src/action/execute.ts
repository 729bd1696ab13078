import { existsSync } from 'node:fs';
import { getState, notice, saveState } from '@actions/core';
import { storyOf } from '../api/answers.ts';
import { homePaths } from '../config/paths.ts';
import { startOnGithub } from '../daemon/on-github.ts';
import { type Order, readOrder } from '../engine/actions/order.ts';
import { type Result, writeResult } from '../engine/actions/result.ts';
import { describeError, isPermanent } from '../shared/errors.ts';
import { runName, type Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { removeTree } from '../workspace/workspace.ts';
import { confirmOrder, refuseAgain } from './accept-order.ts';
import { cancelOnce, keepWork, teller, until } from './carry-out.ts';
import { endOfNone, insertOrder, resultOf, writeLastWords } from './execute-rows.ts';
import type { ExecuteInputs } from './inputs.ts';
import type { Job } from './job.ts';
import { homeOf, openWorkshop, type Workshop } from './open.ts';
import { engineFor } from './order-engine.ts';
import { orderedSettings } from './order-settings.ts';
import type { Story } from './outputs.ts';

/** Is saved once the App has been told. */
const TOLD = 'told';

type Told = Omit<Result, 'version'>;

/**
 * Carries out the run that the App has ordered, and tells the App how it ended by a notice of the job. What becomes of the
 * task is for the App. Begun again in the same job, it goes on where it was. Errors: E_INPUT, E_UNKNOWN_AGENT, E_SETTINGS…
 */
export async function executeOrder(
  inputs: ExecuteInputs,
  job: Job,
  cancelled: AbortSignal,
  env: NodeJS.ProcessEnv,
): Promise<Story> {
  refuseAgain(job);
  const order = readOrder(inputs.order);
  try {
    using workshop = openWorkshop(inputs, job, env);
    await confirmOrder(order, job, workshop.github);
    const { result, story } = await execute(workshop, order, cancelled);
    tell(result);
    return story;
  } catch (error) {
    tell(notBegun(order, error));
    throw error;
  }
}

/** In the job's last step: a run that its first process had to leave is brought to its end, and told. */
export async function endExecution(inputs: ExecuteInputs, job: Job, env: NodeJS.ProcessEnv): Promise<void> {
  const home = homeOf(job);
  try {
    const isLeft = existsSync(homePaths(home).database) && getState(TOLD) === '';
    if (isLeft) await executeOrder(inputs, job, AbortSignal.abort(), env);
  } finally {
    await removeTree(home);
  }
}

function tell(result: Told): void {
  const { title, message } = writeResult(result);
  notice(message, { title });
  saveState(TOLD, 'true');
}

async function execute(workshop: Workshop, order: Order, cancelled: AbortSignal) {
  const { store, clock, home, job } = workshop;
  const { id } = order.task;
  const task = () => store.tasks.get(id) as Task;
  const run = () => store.runs.get(id, order.run.number);
  const settings = orderedSettings(workshop.settings, order);
  if (store.tasks.get(id) === null) {
    writeLastWords(order, home.paths);
    insertOrder(store, order, clock.now());
  }
  await using stack = new AsyncDisposableStack();
  const watched = engineFor(order);
  const here = { ...workshop, settings, webBaseUrl: job.serverUrl, engine: watched.open };
  const daemon = stack.use(await startOnGithub(here));
  stack.use(cancelOnce(workshop, id, cancelled));
  const print = teller(store, id, cancelled.aborted ? store.journal.last() : 0);
  await until(workshop, () => {
    print();
    return run() === null ? isFinal(task().state) : run()?.endedAt !== null;
  });
  await keepWork(workshop, watched.engine(), task());
  print();
  const ended = run();
  const result = ended === null ? withoutRun(order, task()) : resultOf(store, ended, watched.seen());
  return { result, story: storyOf({ store, clock, agentState: daemon.agentState, local: null }, task()) };
}

const NOTHING = {
  ...{ exitCode: null, setupFailed: null, killedBy: null, limit: null, done: false, summary: null },
  ...{ question: null, head: null, pull: null, rescued: null, lastWords: null, usage: null },
};

function withoutRun({ task, run }: Order, { state, reason }: Task): Told {
  const end =
    state === 'cancelled' ? ({ outcome: state, permanent: false } as const) : endOfNone(reason, true);
  return { ...NOTHING, run: runName(task.id, run.number), reason, ...end };
}

function notBegun({ task, run }: Order, error: unknown): Told {
  const reason = describeError(error);
  return { ...NOTHING, run: runName(task.id, run.number), reason, ...endOfNone(reason, isPermanent(error)) };
}

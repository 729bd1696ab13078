import { changeState, endRun } from '../queue/change.ts';
import { describeError, isOfHost, isPermanent, OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { isResumed, type Run, type RunOutcome, type Task } from '../task/glossary.ts';
import { decide, isCurrent, whyStopped } from './decide.ts';
import { again, judge, type Policy, timeoutMs, type Verdict } from './judge.ts';
import type { Sight, Stages } from './stages.ts';

export interface World {
  store: Store;
  stages: Stages;
  policy(task: Task, run: Run): Policy;
  graceSeconds: number;
  /** Where the host of a run holds it to its time-out, how long after that it is not waited for any more. */
  slackSeconds?: number;
  now(): number;
}

/** Before the next look, by how often it was in vain: an outage of days must not become thousands of runs. */
const HOST_DELAY_SECONDS = [60, 120, 240, 480, 600];

/** Vendors count by the week at most, and what a CLI prints may be anything. */
const LONGEST_LIMIT_MS = 8 * 24 * 3600_000;

/** Brings one live run a step further. Returns when to look again without being woken (ms), or null. */
export async function reconcile(world: World, taskId: number, runNumber: number): Promise<number | null> {
  for (;;) {
    const task = world.store.tasks.get(taskId);
    const run = world.store.runs.get(taskId, runNumber);
    if (!task || !run || run.endedAt !== null) return null;
    if (isCurrent(task, run)) await world.stages.broker.open(task, run);
    const sight = await world.stages.agent.look(run);
    const patience = {
      timeout:
        run.keyboard === null ? timeoutMs(task, world.policy(task, run), world.slackSeconds) : Infinity,
      grace: world.graceSeconds * 1000,
      isSpokenTo: world.store.inputs.isSpokenTo(run),
    };
    const step = decide(task, run, sight, world.now(), patience);
    switch (step.do) {
      case 'wait':
        return step.until;
      case 'start':
        await start(world, task, run);
        break;
      case 'adopt':
        await spawned(world, task, run);
        break;
      case 'interrupt':
        await interrupt(world, run, step.why);
        break;
      case 'kill':
        await world.stages.agent.kill(run);
        break;
      case 'complete':
        changeState(world.store, task, 'completed', world.now());
        break;
      case 'settle':
        await settle(world, task, run, sight);
        return null;
      default:
        return step satisfies never;
    }
  }
}

async function start(world: World, task: Task, run: Run): Promise<void> {
  const { store, stages } = world;
  try {
    const made = await stages.workspace.prepare(task, run);
    store.transaction(() => {
      if (!store.tasks.update(task.id, run.epoch, { ...made, updatedAt: world.now() })) return;
      const data = { run: run.number, branch: made.branch, base: made.target };
      store.journal.append(world.now(), task.id, 'run:prepared', data);
      // A push whose answer got lost: only the branch tells of it.
      const pushed = { run: run.number, head: made.head ?? '' };
      if (made.head !== null && made.head !== task.head)
        store.journal.append(world.now(), task.id, 'branch:pushed', pushed);
    });
    const current = store.tasks.get(task.id) as Task;
    if (!isCurrent(current, run)) return;
    await stages.broker.open(current, run);
    // Its workspace may have turned out to be another.
    await spawned(world, current, store.runs.get(run.task, run.number) as Run);
  } catch (error) {
    await stages.agent.kill(run);
    await stages.broker.close(run);
    conclude(world, run, startFailed(world, task, run, error), null, null);
  }
}

/** Launching again finds the session that is there, so adoption after a crash is the same call. */
async function spawned(world: World, task: Task, run: Run): Promise<void> {
  const { store } = world;
  const { pid, pidStart } = await world.stages.agent.launch(task, run);
  const now = world.now();
  store.transaction(() => {
    if (!store.runs.update(run, { pid, pidStart, spawnedAt: now })) return;
    store.journal.append(now, task.id, 'run:spawned', { run: run.number, pid });
    const current = store.tasks.get(task.id) as Task;
    if (isCurrent(current, run) && current.state === 'starting') changeState(store, current, 'running', now);
  });
}

async function interrupt(world: World, run: Run, why: RunOutcome): Promise<void> {
  const { store } = world;
  const now = world.now();
  store.transaction(() => {
    if (!store.runs.update(run, { stopAt: now, stopReason: why })) return;
    store.journal.append(now, run.task, 'run:stopping', { run: run.number, why });
  });
  await world.stages.agent.interrupt(run);
}

/** The agent is gone: its leftovers go too, its commits are kept, and the task gets its verdict. */
async function settle(world: World, task: Task, run: Run, sight: Sight): Promise<void> {
  const { store, stages } = world;
  await stages.agent.kill(run);
  const words = await stages.agent.lastWords(run);
  // An agent that has done nothing leaves no conversation to go on with, whatever its CLI has called it.
  if (sight.heard === false && !isResumed(run)) store.runs.update(run, { session: null });
  if (!isCurrent(task, run)) {
    await keepCommits(world, task, run);
    return finishRun(world, task, run, sight.exitCode);
  }
  const fresh = () => store.tasks.get(task.id) as Task;
  let verdict: Verdict;
  try {
    await stages.pulls.find(fresh());
    await stages.workspace.rescue(task, run);
    const current = fresh();
    const isSpokenTo = store.inputs.isSpokenTo(run);
    const known = { now: world.now(), isSpokenTo, limitEnds: limitEnds(world, run, sight) };
    const ended = store.runs.get(run.task, run.number) as Run;
    verdict = judge(current, ended, sight, world.policy(task, run), known);
    if (verdict.draft && isCurrent(current, run)) await stages.pulls.openDraft(current, run);
  } catch (error) {
    verdict = withoutLeftovers(world, fresh(), run, error);
  }
  await stages.broker.close(run);
  conclude(world, run, verdict, sight, words);
}

/** As the vendor says, within reason; else later each time. */
function limitEnds({ store, now }: World, run: Run, sight: Sight | null): number {
  const until = sight?.limit?.until ?? 0;
  if (until > now()) return Math.min(until, now() + LONGEST_LIMIT_MS);
  return now() + 60_000 * 2 ** Math.min(store.runs.limitedInARow(run.profile), 6);
}

/** What the agent left can't be had: an open pull request counts all the same, and a broken workspace makes way for a new one. */
function withoutLeftovers(world: World, task: Task, run: Run, error: unknown): Verdict {
  const reason = describeError(error);
  if (!isBroken(error) && !isPermanent(error)) throw error;
  if (task.pull !== null) return { outcome: 'succeeded', next: 'completed', reason };
  if (isBroken(error)) return again(task, 'crashed', reason, world.policy(task, run), world.now());
  return { outcome: 'failed', next: 'failed', reason };
}

/** Nobody waits for these commits any more, but somebody may want them. A workspace that its agent broke has none to give. */
async function keepCommits({ stages }: World, task: Task, run: Run): Promise<void> {
  try {
    // After a restart nobody has opened it, and the commits are taken through it.
    await stages.broker.open(task, run);
    await stages.workspace.rescue(task, run);
  } catch (error) {
    if (!isBroken(error) && !isPermanent(error)) throw error;
  }
  await stages.broker.close(run);
}

/** Writes the run's end and the task's next state together, unless the task has changed hands meanwhile. */
function conclude(world: World, run: Run, verdict: Verdict, sight: Sight | null, lastWords: string | null) {
  const { store } = world;
  const { outcome, next, reason, patch } = verdict;
  const now = world.now();
  const exitCode = sight?.exitCode ?? null;
  store.transaction(() => {
    const current = store.tasks.get(run.task) as Task;
    if (outcome === 'rate_limited')
      store.breakers.open(run.profile, limitEnds(world, run, sight), reason ?? '');
    if (!isCurrent(current, run)) return finishRun(world, current, run, exitCode);
    endRun(store, run, { outcome, exitCode, reason, lastWords }, now);
    changeState(store, current, next, now, { reason, ...patch });
  });
}

/** The task is over or has another run: only how this one ended is written. */
function finishRun({ store, now }: World, task: Task, run: Run, exitCode: number | null): void {
  endRun(store, run, { outcome: whyStopped(task, run), exitCode, reason: null, lastWords: null }, now());
}

function startFailed(world: World, task: Task, run: Run, error: unknown): Verdict {
  const reason = describeError(error);
  if (isOfHost(error)) {
    const runs = world.store.runs.ofTask(task.id);
    const inVain = runs.length - 1 - runs.findLastIndex(each => each.spawnedAt !== null);
    const readyAt = world.now() + (HOST_DELAY_SECONDS[inVain - 1] ?? 600) * 1000;
    const resume = isResumed(run) ? run.number : null;
    return { outcome: 'failed', next: 'queued', reason, patch: { readyAt, resume } };
  }
  if (isPermanent(error)) return { outcome: 'failed', next: 'failed', reason };
  const why = `the agent could not be started: ${reason}`;
  return again(task, 'crashed', why, world.policy(task, run), world.now());
}

/** The workspace's own git fails: its agent has spoilt it. */
function isBroken(error: unknown): boolean {
  return error instanceof OrchError && error.code === 'E_PROGRAM_FAILED';
}

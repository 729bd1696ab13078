import { changeState, endRun } from '../queue/change.ts';
import { describeError, type ErrorCode, OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Run, RunOutcome, Task } from '../task/glossary.ts';
import { decide, isCurrent, whyStopped } from './decide.ts';
import { again, judge, type Policy, timeoutMs, type Verdict } from './judge.ts';
import type { Sight, Stages } from './stages.ts';

export interface World {
  store: Store;
  stages: Stages;
  policy(run: Run): Policy;
  graceSeconds: number;
  now(): number;
}

/** Failures that trying again can't mend: the task fails at once and says what to do. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  'E_MISSING_PROGRAM',
  'E_EMPTY_REPOSITORY',
  'E_UNKNOWN_BASE',
  'E_PROMPT_TOO_LONG',
  'E_PATH_TOO_LONG',
  'E_UNKNOWN_AGENT',
  'E_PUSH_REFUSED',
  'E_SETTINGS',
  'E_GITHUB',
  'E_ACCESS_LOST',
]);

/** What the host lacks, or GitHub withholds: the task waits for it, and it counts as no try. */
const HOST: ReadonlySet<ErrorCode> = new Set([
  'E_SANDBOX_UNAVAILABLE',
  'E_LIMITS_UNAVAILABLE',
  'E_GITHUB_AWAY',
  'E_DISK_FULL',
]);
/** Before the next look, by how often it was in vain: an outage of days must not become thousands of runs. */
const HOST_DELAY_SECONDS = [60, 120, 240, 480, 600];

/** Brings one live run a step further. Returns when to look again without being woken (ms), or null. */
export async function reconcile(world: World, taskId: number, runNumber: number): Promise<number | null> {
  for (;;) {
    const task = world.store.tasks.get(taskId);
    const run = world.store.runs.get(taskId, runNumber);
    if (!task || !run || run.endedAt !== null) return null;
    if (isCurrent(task, run)) await world.stages.broker.open(task, run);
    const patience = { timeout: timeoutMs(task, world.policy(run)), grace: world.graceSeconds * 1000 };
    const sight = await world.stages.agent.look(run);
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
    await spawned(world, current, run);
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
  if (!isCurrent(task, run)) {
    await keepCommits(world, task, run);
    return finishRun(world, task, run, sight.exitCode);
  }
  const fresh = () => store.tasks.get(task.id) as Task;
  let verdict: Verdict;
  try {
    await stages.pulls.find(fresh());
    await stages.workspace.rescue(task, run);
    const now = fresh();
    verdict = judge(now, store.runs.get(run.task, run.number) as Run, sight, world.policy(run));
    const isDraft = verdict.next === 'completed' && verdict.draft;
    if (isDraft && isCurrent(now, run)) await stages.pulls.openDraft(now, run);
  } catch (error) {
    verdict = withoutLeftovers(world, fresh(), run, error);
  }
  await stages.broker.close(run);
  conclude(world, run, verdict, sight.exitCode, words);
}

/** What the agent left can't be had: an open pull request counts all the same, and a broken workspace makes way for a new one. */
function withoutLeftovers(world: World, task: Task, run: Run, error: unknown): Verdict {
  const reason = describeError(error);
  if (!isBroken(error) && !isOneOf(PERMANENT, error)) throw error;
  if (task.pull !== null) return { outcome: 'succeeded', next: 'completed', draft: false, reason };
  if (isBroken(error)) return again(task, 'crashed', reason, world.policy(run));
  return { outcome: 'failed', next: 'failed', reason };
}

/** Nobody waits for these commits any more, but somebody may want them. A workspace that its agent broke has none to give. */
async function keepCommits({ stages }: World, task: Task, run: Run): Promise<void> {
  try {
    // After a restart nobody has opened it, and the commits are taken through it.
    await stages.broker.open(task, run);
    await stages.workspace.rescue(task, run);
  } catch (error) {
    if (!isBroken(error) && !isOneOf(PERMANENT, error)) throw error;
  }
  await stages.broker.close(run);
}

/** Writes the run's end and the task's next state together, unless the task has changed hands meanwhile. */
function conclude(
  world: World,
  run: Run,
  verdict: Verdict,
  exitCode: number | null,
  lastWords: string | null,
) {
  const { store } = world;
  const { outcome, next, reason } = verdict;
  const now = world.now();
  store.transaction(() => {
    const current = store.tasks.get(run.task) as Task;
    if (!isCurrent(current, run)) return finishRun(world, current, run, exitCode);
    endRun(store, run, { outcome, exitCode, reason, lastWords }, now);
    const later =
      verdict.next === 'queued' ? { tries: verdict.tries, readyAt: now + verdict.delaySeconds * 1000 } : {};
    changeState(store, current, next, now, { reason, ...later });
  });
}

/** The task is over or has another run: only how this one ended is written. */
function finishRun({ store, now }: World, task: Task, run: Run, exitCode: number | null): void {
  endRun(store, run, { outcome: whyStopped(task, run), exitCode, reason: null, lastWords: null }, now());
}

function startFailed(world: World, task: Task, run: Run, error: unknown): Verdict {
  const reason = describeError(error);
  if (isOneOf(HOST, error)) {
    const runs = world.store.runs.ofTask(task.id);
    const inVain = runs.length - 1 - runs.findLastIndex(each => each.spawnedAt !== null);
    const delaySeconds = HOST_DELAY_SECONDS[inVain - 1] ?? 600;
    return { outcome: 'failed', next: 'queued', tries: task.tries, delaySeconds, reason };
  }
  if (isOneOf(PERMANENT, error)) return { outcome: 'failed', next: 'failed', reason };
  return again(task, 'crashed', `the agent could not be started: ${reason}`, world.policy(run));
}

function isOneOf(codes: ReadonlySet<ErrorCode>, error: unknown): boolean {
  return error instanceof OrchError && codes.has(error.code);
}

/** The workspace's own git fails: its agent has spoilt it. */
function isBroken(error: unknown): boolean {
  return error instanceof OrchError && error.code === 'E_PROGRAM_FAILED';
}

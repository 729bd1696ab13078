import { runFiles, tryAppend } from '../agent/run-files.ts';
import type { Seen } from '../agent/watch/state.ts';
import type { ApiOptions } from '../api/options.ts';
import { chooser } from '../choice/choose.ts';
import { watchFailures } from '../choice/failing.ts';
import type { Paths } from '../config/paths.ts';
import { carriedSettings } from '../config/repository.ts';
import { heldBy, heldText } from '../overlap/hold.ts';
import { startRecorder } from '../record/recorder.ts';
import { type Scheduler, startScheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/open.ts';
import type { Run, Task } from '../task/glossary.ts';
import { startBaseFollower } from './base-moved.ts';
import { startChains } from './chains.ts';
import { startCleaner } from './cleaner.ts';
import { onDisk } from './disk.ts';
import { openDrain } from './drain.ts';
import type { Engine, EngineOptions, OpenEngine } from './engine.ts';
import { type Health, openHealth } from './health.ts';
import type { Home } from './home.ts';
import { openKeeper } from './keeper.ts';
import { nextStepIn } from './next-step.ts';
import { type Overlaps, startOverlaps } from './overlaps.ts';
import { openPlans, type Plans } from './plans.ts';
import { policyOf } from './policy.ts';
import { rollBackIn } from './rollback-asked.ts';

export interface DaemonOptions extends Omit<EngineOptions, 'paths' | 'store' | 'heard' | 'wake'> {
  home: Home;
  /** Opens what carries runs out. */
  engine: OpenEngine;
}

export interface Daemon extends AsyncDisposable {
  store: Store;
  paths: Paths;
  plans: Plans;
  checkpoints: ApiOptions['checkpoints'];
  takeOver: ApiOptions['takeOver'];
  baseMoved: Overlaps['baseMoved'];
  cleanUp: ApiOptions['cleanUp'];
  insight: ApiOptions['insight'];
  enclosed: Engine['enclosed'];
  prove: Engine['prove'];
  health(): Promise<Health>;
  /** What the agent of a task's live run does; null while there is none. */
  agentState(task: number): Seen | null;
  /** Nothing new starts any more; resolves when no agent is left. `now`: they are stopped, and go on after the next start. */
  drain(now: boolean): Promise<void>;
  /** How agents are shut in, in a sentence for people. */
  sandbox: Engine['sandbox'];
}

const SWEEP_SECONDS = 5;

/**
 * From the queue to the pull request, whatever the forge and the engine: everything below takes its world as parameters,
 * and this is where they come from. Disposing drains: nothing new starts, agents go on in their sessions.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { settings, forge, clock, log, secrets } = options;
  const { store, paths, backupFailure } = options.home;
  await using stack = new AsyncDisposableStack();
  const carried = carriedSettings(settings);
  const repositorySettings = (task: Pick<Task, 'settings'>) => carried(task.settings);

  const keeper = openKeeper({ store, clock, log, settings, isOver: run => engine.isOver(run) });
  stack.defer(() => keeper.stop());
  const failures = watchFailures({ store, clock, log });
  stack.defer(() => failures.stop());
  const wake = (task: number) => scheduler.wake(task);
  const engine: Engine = stack.use(
    await options.engine({ ...options, store, paths, heard: keeper.heard, wake }),
  );
  const { workspace, agent, broker, pulls } = engine.stages;

  const folders = [paths.home, paths.workspaces, paths.stores];
  const disk = { folders, leastMb: settings.limits.hostDiskFreeMb };
  const recorder = startRecorder({
    store,
    clock,
    log,
    redact: secrets.redact,
    monitor: (run, line) => void tryAppend(runFiles(paths.run(run)).monitorLog, line),
    resultFile: paths.result,
    usage: engine.usage,
    changedFiles: engine.changedFiles,
  });
  stack.defer(() => recorder.stop());
  const cleaner = startCleaner({ store, workspace, clock, log, keepDays: settings.workspaces.keepDays });
  stack.defer(() => cleaner.stop());
  const chains = startChains({ store, clock, log, pulls: forge.pulls, ...settings.policies });
  stack.defer(() => chains.stop());
  const isHolding = settings.policies.overlap === 'hold';
  const bases = startBaseFollower({ store, clock, log, settings, forge, engine, repositorySettings });
  stack.defer(() => bases.stop());
  const overlaps = startOverlaps({ store, clock, log, engine, isHolding, moved: bases.moved });
  stack.defer(() => overlaps.stop());
  const whyHeld = ({ id }: Pick<Task, 'id'>) => {
    // Of a long queue no more is read than has to be.
    const held = isHolding ? heldBy(store, store.tasks.get(id) as Task) : null;
    return held && heldText(held);
  };
  const limits = { ...settings.limits, profiles: settings.profiles };
  const choose = chooser(store, limits, task => ({
    ...repositorySettings(task),
    // Where a budget is spent, or others work on the same files, nothing may run.
    ...(keeper.mayStart(task) && whyHeld(task) === null ? {} : { concurrency: 0 }),
  }));
  const drain = openDrain({ store, clock });
  const shared = {
    store,
    clock,
    policy: (task: Task, run: Run) => policyOf(settings, run, repositorySettings(task).agents),
    graceSeconds: settings.taskQueue.stopGraceSeconds,
    slackSeconds: engine.slackSeconds,
    choose: (now: number) => (drain.isClosing() ? null : choose(now)),
  };
  const scheduler: Scheduler = startScheduler({
    ...shared,
    log,
    stages: { ...onDisk({ workspace, agent }, disk), broker, pulls },
    promoteAfterMinutes: settings.taskQueue.promoteLowAfterMinutes,
    sweepSeconds: SWEEP_SECONDS,
  });
  stack.defer(() => scheduler.drain());
  const running = stack.move();
  return {
    store,
    paths,
    plans: openPlans({ store, clock, budgets: settings.budgets, redact: secrets.redact }),
    checkpoints: { make: engine.checkpoint, rollBack: rollBackIn({ store, clock }) },
    takeOver: engine.takeOver,
    baseMoved: overlaps.baseMoved,
    cleanUp: cleaner.cleanUp,
    insight: { ...engine.insight, next: nextStepIn({ ...shared, limits, look: agent.look, held: whyHeld }) },
    enclosed: engine.enclosed,
    prove: engine.prove,
    health: openHealth({ store, clock, backupFailure, ...disk }),
    agentState: engine.agentState,
    drain: drain.drain,
    sandbox: engine.sandbox,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

import { randomUUID } from 'node:crypto';
import { readEnding } from '../agent/ending.ts';
import { runFiles, tryAppend } from '../agent/run-files.ts';
import { openSandboxes } from '../agent/sandbox/choose.ts';
import { openTerminals } from '../agent/terminals.ts';
import { readProgress } from '../agent/watch/progress.ts';
import type { Seen } from '../agent/watch/state.ts';
import type { ApiOptions } from '../api/options.ts';
import { chooser } from '../choice/choose.ts';
import { watchFailures } from '../choice/failing.ts';
import type { Paths } from '../config/paths.ts';
import { carriedSettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import { startRecorder } from '../record/recorder.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { Backup } from '../store/backups.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { changedFiles } from '../workspace/publish.ts';
import { tryCheckPush } from '../workspace/push/rules.ts';
import { openStores } from '../workspace/store.ts';
import { agentStage, hostsOf, runEnvironment } from './agent-stage.ts';
import { watchStates } from './agent-states.ts';
import { type Enclosed, enclosedIn } from './as-agent.ts';
import { startBackups } from './backups.ts';
import { branchBack } from './branch-back.ts';
import { brokerStage } from './broker-stage.ts';
import { startChains } from './chains.ts';
import { openCheckpoints } from './checkpoints.ts';
import { startCleaner } from './cleaner.ts';
import { CONFINED, confinement, secretFiles } from './confine.ts';
import { contextStage } from './context-stage.ts';
import { onDisk } from './disk.ts';
import { openDrain } from './drain.ts';
import { withEgress } from './egress-stage.ts';
import { openRepositories, publishGit } from './git.ts';
import { handOvers } from './hand-over.ts';
import { type Health, openHealth } from './health.ts';
import type { Home } from './home.ts';
import { insight } from './insight.ts';
import { openKeeper } from './keeper.ts';
import { groupsOfHost, readUsage } from './limits.ts';
import { modelOf } from './model.ts';
import { policyOf } from './policy.ts';
import { pullStage } from './pull-stage.ts';
import { pushRules } from './push-rules.ts';
import { rollBackIn } from './rollback-asked.ts';
import { startRollbacks } from './rollbacks.ts';
import { checkpointByHand, snapshots } from './snapshots.ts';
import { takeOverIn } from './take-over.ts';
import { startTimedCheckpoints } from './timed-checkpoints.ts';
import { workspaceStage } from './workspace-stage.ts';

export interface DaemonOptions {
  settings: Settings;
  home: Home;
  forge: Forge;
  /** The folder with the shared context of the task's repository. */
  contextOf(task: Task): string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  /** What must not get out; learns of each token that is minted. */
  secrets: Secrets;
}

export interface Daemon extends AsyncDisposable {
  store: Store;
  paths: Paths;
  checkpoints: ApiOptions['checkpoints'];
  takeOver: ApiOptions['takeOver'];
  cleanUp: ApiOptions['cleanUp'];
  insight: ApiOptions['insight'];
  /** Makes a backup of the database now. */
  backUp(): Promise<Backup>;
  /** Where programs are run as a run's agent does, once it has ended. */
  enclosed(task: Task, run: Run): Promise<Enclosed>;
  health(): Promise<Health>;
  /** What the agent of a task's live run does; null while there is none. */
  agentState(task: number): Seen | null;
  /** Nothing new starts any more; resolves when no agent is left. `now`: they are stopped, and go on after the next start. */
  drain(now: boolean): Promise<void>;
  /** What agents are shut in by, for people. */
  sandbox(): string;
}

const SWEEP_SECONDS = 5;
const STATES_SECONDS = 10;

/**
 * From the queue to the pull request, whatever the forge: everything below takes its world as parameters, and this is where
 * they come from. Disposing drains: nothing new starts, agents go on in their sessions.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { settings, forge, clock, log, env, secrets } = options;
  const { store, paths, backups } = options.home;
  const { redact } = secrets;
  await using stack = new AsyncDisposableStack();
  const carried = carriedSettings(settings);
  const repositorySettings = (task: Pick<Task, 'settings'>) => carried(task.settings);

  const repositories = openRepositories(openStores(paths.home), forge);
  const environment = runEnvironment({ paths, settings, env });
  const schedule = startBackups({ store, backups, everyHours: settings.backups.everyHours, clock, log });
  stack.defer(() => schedule.stop());
  const rules = (task: Task) => pushRules(settings, repositorySettings(task), secrets);
  const checkpoints = openCheckpoints({
    store,
    clock,
    log,
    repositories,
    words: forge.pulls.words,
    keep: settings.checkpoints.keep,
  });
  const git = publishGit(repositories, rules, checkpoints.keepTip);
  const broker = stack.use(
    brokerStage({
      store,
      clock,
      log,
      forge,
      git,
      paths,
      secrets,
      checkpoint: checkpoints.take,
    }),
  );
  const sandboxes = openSandboxes({ ...settings.sandbox, env });
  await sandboxes.find().catch(error => log.error(describeError(error)));
  const hidden = [paths.home, ...secretFiles(env)];
  const confine = confinement({ sandboxes, paths, settings, repositories, environment, hidden });
  const groups = groupsOfHost(paths.home);
  const live = new Set(store.runs.live().map(run => runName(run.task, run.number)));
  for (const run of groups.runs()) if (!live.has(run)) groups.find(run).remove();
  const isListed = settings.sandbox.kind !== 'none' && settings.sandbox.network === 'listed';
  const sockets = isListed
    ? stack.use(
        withEgress({
          broker: broker.stage,
          paths,
          hosts: run => [...settings.sandbox.allowHosts, ...hostsOf(settings, run)],
          log,
        }),
      )
    : broker.stage;
  const terminals = stack.use(openTerminals({ directory: paths.tmux, log }));
  const keeper = openKeeper({
    store,
    clock,
    log,
    settings,
    isOver(run) {
      const directory = paths.run(runName(run.task, run.number));
      return readProgress(directory)?.end != null || readEnding(directory).exit !== null;
    },
  });
  stack.defer(() => keeper.stop());
  const failures = watchFailures({ store, clock, log });
  stack.defer(() => failures.stop());
  const states = watchStates({ store, clock, log, terminals, paths, settings, everySeconds: STATES_SECONDS });
  stack.defer(() => states.stop());
  const copied = (task: Task) => repositorySettings(task).copy;
  const changed = async (task: Task) =>
    task.head && task.baseSha ? changedFiles(await repositories.store(task), task.baseSha, task.head) : [];
  const context = contextStage({
    store,
    clock,
    log,
    redact,
    paths,
    settings,
    repositories,
    folderOf: options.contextOf,
    changedFiles: changed,
  });
  stack.defer(() => context.stop());
  const handOver = handOvers({ store, paths, repositories, copied, log });
  const agent = stack.use(
    agentStage({
      handOver,
      context,
      terminals,
      paths,
      settings,
      repositorySettings,
      confine,
      sandboxes,
      groups,
      nameSession(run) {
        const session = randomUUID();
        store.runs.update(run, { session });
        return session;
      },
      said: store.inputs.ofTask,
      runs: store.runs.ofTask,
      usedBefore: store.usage.before,
      model: run => modelOf({ store, settings }, run),
      changed: (run: Run) => scheduler.wake(run.task),
      progressed(run, progress) {
        keeper.heard(run, progress);
        states.heard(run, progress);
      },
    }),
  );
  const snapshot = snapshots({ paths, confine, broker });
  const { everyMinutes } = settings.checkpoints;
  const timed = startTimedCheckpoints({ store, clock, log, snapshot, everyMinutes });
  stack.defer(() => timed.stop());
  const workspace = workspaceStage({
    store,
    paths,
    forge,
    repositories,
    repositorySettings,
    broker,
    confine,
    snapshot,
    forgetCheckpoints: task => checkpoints.prune(task, 1),
    handOver,
    log,
  });

  const folders = [paths.home, paths.workspaces, paths.stores];
  const disk = { folders, leastMb: settings.limits.hostDiskFreeMb };
  const recorder = startRecorder({
    store,
    clock,
    log,
    redact,
    monitor: (run, line) => void tryAppend(runFiles(paths.run(run)).monitorLog, line),
    resultFile: paths.result,
    usage: run => readUsage(paths.run(run)),
    changedFiles: changed,
  });
  stack.defer(() => recorder.stop());
  const cleaner = startCleaner({ store, workspace, clock, log, keepDays: settings.workspaces.keepDays });
  stack.defer(() => cleaner.stop());
  const chains = startChains({ store, clock, log, pulls: forge.pulls, ...settings.policies });
  stack.defer(() => chains.stop());
  const limits = { ...settings.limits, profiles: settings.profiles };
  const choose = chooser(store, limits, task => ({
    ...repositorySettings(task),
    // Where a budget is spent, nothing may run.
    ...(keeper.mayStart(task) ? {} : { concurrency: 0 }),
  }));
  const drain = openDrain({ store, clock });
  const shared = {
    store,
    clock,
    policy: (task: Task, run: Run) => policyOf(settings, run, repositorySettings(task).agents),
    graceSeconds: settings.taskQueue.stopGraceSeconds,
    choose: (now: number) => (drain.isClosing() ? null : choose(now)),
  };
  const scheduler = startScheduler({
    ...shared,
    log,
    stages: { ...onDisk({ workspace, agent }, disk), broker: sockets, pulls: pullStage(forge) },
    promoteAfterMinutes: settings.taskQueue.promoteLowAfterMinutes,
    sweepSeconds: SWEEP_SECONDS,
  });
  stack.defer(() => scheduler.drain());

  const bringBack = branchBack({
    store,
    clock,
    confirm: forge.confirm,
    git,
    refusal: async (task, range) =>
      tryCheckPush({ directory: (await repositories.store(task)).directory }, range, rules(task)),
  });
  const rollbacks = startRollbacks({
    store,
    clock,
    log,
    paths,
    confine,
    repositories,
    broker: broker.stage,
    snapshot,
    forge,
    checkpoints,
    bringBack,
  });
  stack.defer(() => rollbacks.stop());
  const running = stack.move();
  const health = openHealth({ store, clock, backupFailure: schedule.failure, ...disk });
  return {
    store,
    paths,
    backUp: schedule.make,
    checkpoints: { make: checkpointByHand({ store, snapshot }), rollBack: rollBackIn({ store, clock }) },
    takeOver: takeOverIn({ store, clock, settings }),
    cleanUp: cleaner.cleanUp,
    insight: insight({ ...shared, limits, look: agent.look, paths, terminals }),
    enclosed: (task, run) => enclosedIn({ paths, confine }, task, run),
    health,
    agentState: states.of,
    drain: drain.drain,
    sandbox: () => CONFINED[sandboxes.found?.kind ?? 'missing'],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

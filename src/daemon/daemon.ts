import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readEnding } from '../agent/ending.ts';
import { runFiles, tryAppend } from '../agent/run-files.ts';
import { openSandboxes } from '../agent/sandbox/choose.ts';
import { openTerminals } from '../agent/terminals.ts';
import { readProgress } from '../agent/watch/progress.ts';
import type { Seen } from '../agent/watch/state.ts';
import type { ApiOptions } from '../api/server.ts';
import type { AppCredentials } from '../config/environment.ts';
import { homePaths, type Paths } from '../config/paths.ts';
import { carriedSettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import { createApp, EVENTS } from '../github/app.ts';
import { connectGithub } from '../github/client.ts';
import { guardedFetch } from '../github/client-fetch.ts';
import { startFollowing } from '../github/follow.ts';
import { createFront } from '../github/front.ts';
import { startInbox } from '../github/inbox.ts';
import { GITHUB_LIMITS, openPace } from '../github/pace.ts';
import { decided } from '../github/places.ts';
import { openPulls } from '../github/pulls.ts';
import { startReach } from '../github/reach.ts';
import { startRedelivery } from '../github/redeliver.ts';
import { openReplies } from '../github/replies.ts';
import { startReporter } from '../github/report/reporter.ts';
import { confirmRequester } from '../github/requester.ts';
import { startRecorder } from '../record/recorder.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import { type Backup, openBackups } from '../store/backups.ts';
import { openStoreFile } from '../store/file.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { changedFiles } from '../workspace/publish.ts';
import { openStores } from '../workspace/store.ts';
import { agentStage, hostsOf, runEnvironment } from './agent-stage.ts';
import { watchStates } from './agent-states.ts';
import { startBackups } from './backups.ts';
import { branchBack } from './branch-back.ts';
import { brokerStage } from './broker-stage.ts';
import { checkpointTaker } from './checkpoints.ts';
import { startCleaner } from './cleaner.ts';
import { CONFINED, confinement, secretFiles } from './confine.ts';
import { onDisk } from './disk.ts';
import { withEgress } from './egress-stage.ts';
import { openRepositories, publishGit } from './git.ts';
import { handOvers } from './hand-over.ts';
import { type Health, openHealth } from './health.ts';
import { openKeeper } from './keeper.ts';
import { groupsOfHost, readUsage } from './limits.ts';
import { policyOf } from './policy.ts';
import { createProbot } from './probot.ts';
import { pullStage } from './pull-stage.ts';
import { pushRules } from './push-rules.ts';
import { rollBackIn } from './rollback-asked.ts';
import { startRollbacks } from './rollbacks.ts';
import { checkpointByHand, snapshots } from './snapshots.ts';
import { workspaceStage } from './workspace-stage.ts';

export interface DaemonOptions {
  settings: Settings;
  credentials: AppCredentials;
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
  /** Makes a backup of the database now. */
  backUp(): Promise<Backup>;
  health(): Promise<Health>;
  /** What the agent of a task's live run does; null while there is none. */
  agentState(task: number): Seen | null;
  /** Takes webhook requests; false for others. */
  front: ReturnType<typeof createFront>;
}

const SWEEP_SECONDS = 5;
const STATES_SECONDS = 10;
/** Looking where webhooks should have told: each look is a call, of which GitHub takes 5,000 an hour. */
const FOLLOW_SECONDS = 300;
const REACH_SECONDS = 900;
const REDELIVER_SECONDS = 300;

/**
 * The whole of Orch, put together: everything below takes its world as parameters, and this is where they come from.
 * Disposing drains: nothing new starts, agents go on in their sessions. Errors: E_SECOND_DAEMON, E_DATABASE…
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { settings, credentials, clock, log, env, secrets } = options;
  const { redact } = secrets;
  const paths = homePaths(settings.orchestrator.home);
  makeHome(paths.home);
  await using stack = new AsyncDisposableStack();
  const backups = openBackups({
    directory: settings.backups.directory ?? paths.backups,
    keep: settings.backups.keep,
    now: clock.now,
  });
  const store = stack.use(openStoreFile(paths.database, backups));
  const send = guardedFetch(secrets);
  const probot = createProbot(credentials, send);
  const pace = openPace({
    clock,
    log,
    send,
    limits: settings.github.throttle ? GITHUB_LIMITS : [],
    recent: installation => store.creations.recent(installation, clock.now() - 3600_000),
  });
  const github = connectGithub(probot, { webBaseUrl: credentials.webBaseUrl, clock, pace });
  const shared = { store, github, clock, log };
  const carried = carriedSettings(settings);
  const repositorySettings = (task: Pick<Task, 'settings'>) => carried(task.settings);

  const pulls = openPulls(shared);
  const confirm = confirmRequester({
    github,
    bots: settings.policies.bots,
    permissions: task => repositorySettings(task).permissions,
  });
  const repositories = openRepositories(openStores(paths.home), github, credentials.webBaseUrl, secrets);
  const environment = runEnvironment({ paths, settings, env });
  const schedule = startBackups({ store, backups, everyHours: settings.backups.everyHours, clock, log });
  stack.defer(() => schedule.stop());
  const rules = (task: Task) => pushRules(settings, repositorySettings(task), secrets);
  const git = publishGit(repositories, rules);
  const broker = stack.use(
    brokerStage({
      ...shared,
      pulls,
      confirm,
      git,
      paths,
      secrets,
      checkpoint: checkpointTaker({ store, clock, repositories }),
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
  const states = watchStates({ store, clock, log, terminals, paths, settings, everySeconds: STATES_SECONDS });
  stack.defer(() => states.stop());
  const copied = (task: Task) => repositorySettings(task).copy;
  const handOver = handOvers({ store, paths, repositories, copied, log });
  const agent = stack.use(
    agentStage({
      handOver,
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
      usedBefore: store.usage.before,
      changed: (run: Run) => scheduler.wake(run.task),
      progressed(run, progress) {
        keeper.heard(run, progress);
        states.heard(run, progress);
      },
    }),
  );
  const snapshot = snapshots({ paths, confine, broker });
  const workspace = workspaceStage({
    store,
    paths,
    github,
    confirm,
    repositories,
    repositorySettings,
    broker,
    confine,
    snapshot,
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
    changedFiles: async task =>
      task.head && task.baseSha ? changedFiles(await repositories.store(task), task.baseSha, task.head) : [],
  });
  stack.defer(() => recorder.stop());
  const reporter = startReporter({
    ...shared,
    get sandbox() {
      return CONFINED[sandboxes.found?.kind ?? 'missing'];
    },
  });
  stack.defer(() => reporter.stop());
  const ended = (task: number) => decided(shared, task);
  const follower = startFollowing({ ...shared, pulls, ended, intervalSeconds: FOLLOW_SECONDS });
  stack.defer(() => follower.stop());
  const cleaner = startCleaner({ store, workspace, clock, log, keepDays: settings.workspaces.keepDays });
  stack.defer(() => cleaner.stop());
  const scheduler = startScheduler({
    store,
    clock,
    log,
    stages: { ...onDisk({ workspace, agent }, disk), broker: sockets, pulls: pullStage(pulls, confirm) },
    policy: (task, run) => policyOf(settings, run, repositorySettings(task).agents),
    graceSeconds: settings.taskQueue.stopGraceSeconds,
    limits: {
      concurrent: settings.limits.concurrent,
      perRepository: settings.limits.perRepository,
      profiles: settings.profiles,
    },
    // Where a budget is spent, nothing may run.
    repository: task => ({
      ...repositorySettings(task),
      ...(keeper.mayStart(task) ? {} : { concurrency: 0 }),
    }),
    promoteAfterMinutes: settings.taskQueue.promoteLowAfterMinutes,
    sweepSeconds: SWEEP_SECONDS,
  });
  stack.defer(() => scheduler.drain());

  const bringBack = branchBack({ ...shared, confirm, repositories, git, rules });
  const rollbacks = startRollbacks({ ...shared, paths, confine, repositories, bringBack });
  stack.defer(() => rollbacks.stop());
  const rollBack = rollBackIn(shared);

  await probot.load(createApp({ ...shared, settings, replies: openReplies(shared), rollBack }));
  const inbox = startInbox({
    store,
    clock,
    log,
    async handle({ delivery, event, payload }) {
      // Handlers that ask GitHub nothing would follow each other without a turn in between, and new deliveries wait.
      await nextTurn();
      await probot.receive({ id: delivery, name: event, payload: JSON.parse(payload) } as never);
    },
  });
  stack.defer(() => inbox.stop());
  const reach = startReach({ ...shared, intervalSeconds: REACH_SECONDS });
  stack.defer(() => reach.stop());
  const redelivery = startRedelivery({ ...shared, events: EVENTS, intervalSeconds: REDELIVER_SECONDS });
  stack.defer(() => redelivery.stop());
  const front = createFront({
    store,
    clock,
    log,
    secret: credentials.webhookSecret,
    path: settings.github.webhookPath,
    events: EVENTS,
    wake: inbox.wake,
  });
  // First of all: what is waited for here would wait for its turn.
  stack.defer(() => pace.stop());
  const running = stack.move();
  const health = openHealth({ store, clock, backupFailure: schedule.failure, ...disk });
  return {
    store,
    paths,
    backUp: schedule.make,
    checkpoints: { make: checkpointByHand({ store, snapshot }), rollBack },
    health,
    agentState: states.of,
    front,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK);
  } catch (cause) {
    throw new OrchError('E_HOME', `${home} can't be made or written: ${(cause as Error).message}`, { cause });
  }
}

import { randomUUID } from 'node:crypto';
import { readEnding } from '../agent/ending.ts';
import { openSandboxes } from '../agent/sandbox/choose.ts';
import { openTerminals } from '../agent/terminals.ts';
import { readProgress } from '../agent/watch/progress.ts';
import { carriedSettings } from '../config/repository.ts';
import { describeError } from '../shared/errors.ts';
import { type Run, runName, type Task } from '../task/glossary.ts';
import { changedFiles } from '../workspace/publish.ts';
import { tryCheckPush } from '../workspace/push/rules.ts';
import { openStores } from '../workspace/store.ts';
import { touchedFiles } from '../workspace/touched.ts';
import { removeTree } from '../workspace/workspace.ts';
import { agentStage, hostsOf, runEnvironment } from './agent-stage.ts';
import { watchStates } from './agent-states.ts';
import { asAgentOf, enclosedIn } from './as-agent.ts';
import { branchBack } from './branch-back.ts';
import { brokerStage } from './broker-stage.ts';
import { openCheckpoints } from './checkpoints.ts';
import { CONFINED, confinement, secretFiles } from './confine.ts';
import { contextStage } from './context-stage.ts';
import { withDecided } from './decided.ts';
import { openEgressOf, withEgress } from './egress-stage.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { openRepositories, publishGit } from './git.ts';
import { handOvers } from './hand-over.ts';
import { insight } from './insight.ts';
import { keepWork } from './kept-work.ts';
import { groupsOfHost, readUsage } from './limits.ts';
import { modelOf } from './model.ts';
import { withPlans } from './plan-stage.ts';
import { hasBegun, openPlans } from './plans.ts';
import { proofsFolder, proving } from './proving.ts';
import { pullStage } from './pull-stage.ts';
import { pushRules } from './push-rules.ts';
import { startRollbacks } from './rollbacks.ts';
import { checkpointByHand, snapshots } from './snapshots.ts';
import { takeOverIn } from './take-over.ts';
import { startTimedCheckpoints } from './timed-checkpoints.ts';
import { messageOf } from './words.ts';
import { workspaceStage } from './workspace-stage.ts';

const STATES_SECONDS = 10;
/** A worktree that an agent has made slow is looked at another time. */
const LOOK_MS = 20_000;

export interface LocalEngine extends Engine {
  /** For a host that does not stay. */
  keepWork: ReturnType<typeof keepWork>;
}

/**
 * Runs on this host: workspaces on its disk, agents in its tmux, and brokers on its sockets. `stays`: what is kept on it is
 * there tomorrow.
 */
export async function openLocalEngine(options: EngineOptions, stays = true): Promise<LocalEngine> {
  const { settings, forge, store, paths, clock, log, env, secrets } = options;
  await using stack = new AsyncDisposableStack();
  const carried = carriedSettings(settings);
  const repositorySettings = (task: Pick<Task, 'settings'>) => carried(task.settings);
  const directoryOf = (run: Run) => paths.run(runName(run.task, run.number));

  const repositories = openRepositories(openStores(paths.home), forge);
  const environment = runEnvironment({ paths, settings, env });
  const rules = (task: Task) => pushRules(settings, repositorySettings(task), secrets);
  const { keep, everyMinutes } = settings.checkpoints;
  const checkpoints = openCheckpoints({ store, clock, log, repositories, words: forge.pulls.words, keep });
  const plans = openPlans({ store, clock, budgets: settings.budgets, redact: secrets.redact });
  const git = publishGit({ repositories, rules, keepTip: checkpoints.keepTip, stays });
  const broker = stack.use(
    brokerStage({ store, clock, log, forge, git, paths, secrets, plans, checkpoint: checkpoints.take }),
  );
  const sandboxes = openSandboxes({ ...settings.sandbox, env });
  await sandboxes.find().catch(error => log.error(describeError(error)));
  const hidden = [paths.home, ...secretFiles(env)];
  const confine = confinement({ sandboxes, paths, settings, repositories, environment, hidden });
  const groups = groupsOfHost(paths.home);
  const live = new Set(store.runs.live().map(run => runName(run.task, run.number)));
  for (const run of groups.runs()) if (!live.has(run)) groups.find(run).remove();
  const isListed = settings.sandbox.kind !== 'none' && settings.sandbox.network === 'listed';
  const hosts = (run: Run) => [...settings.sandbox.allowHosts, ...hostsOf(settings, run)];
  const sockets = isListed
    ? stack.use(withEgress({ broker: broker.stage, paths, hosts, log }))
    : broker.stage;
  const terminals = stack.use(openTerminals({ directory: paths.tmux, log }));
  const states = watchStates({ store, clock, log, terminals, paths, settings, everySeconds: STATES_SECONDS });
  stack.defer(() => states.stop());
  const changed = async (task: Task) =>
    task.head && task.baseSha ? changedFiles(await repositories.store(task), task.baseSha, task.head) : [];
  const context = contextStage({
    store,
    clock,
    log,
    redact: secrets.redact,
    paths,
    settings,
    repositories,
    folderOf: options.contextOf,
    changedFiles: changed,
  });
  stack.defer(() => context.stop());
  const copied = (task: Task) => repositorySettings(task).copy;
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
      plan: store.plans.get,
      hasBegun: plan => hasBegun(store, plan),
      runs: store.runs.ofTask,
      usedBefore: store.usage.before,
      model: run => modelOf({ store, settings }, run),
      changed: run => options.wake(run.task),
      progressed(run, progress) {
        options.heard(run, progress);
        states.heard(run, progress);
      },
    }),
  );
  const snapshot = snapshots({ paths, confine, broker });
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
  const kept = keepWork({ store, clock, repositories, rules });
  const stages = { workspace, agent, broker: sockets, pulls: pullStage(forge) };
  await removeTree(proofsFolder(paths));
  const open = stack.move();
  return {
    stages: withPlans(withDecided(stages, { store, log, keepWork: kept }), {
      store,
      forge,
      plans,
      message: run => messageOf(paths, run),
    }),
    slackSeconds: 0,
    sandbox: () => CONFINED[sandboxes.found?.kind ?? 'missing'],
    agentState: states.of,
    isOver: run => readProgress(directoryOf(run))?.end != null || readEnding(directoryOf(run)).exit !== null,
    changedFiles: changed,
    repositories,
    async touchedFiles(task, run) {
      if (run.spawnedAt === null || task.baseSha === null) return null;
      return await touchedFiles(await asAgentOf({ paths, confine }, task, run, LOOK_MS), task.baseSha);
    },
    usage: run => readUsage(paths.run(run)),
    insight: insight({ paths, terminals }),
    checkpoint: checkpointByHand({ store, snapshot }),
    takeOver: takeOverIn({ store, clock, settings }),
    enclosed: (task, run) => enclosedIn({ paths, confine }, task, run),
    prove: proving({
      ...{ paths, settings, forge, repositories, repositorySettings, confine, sandboxes, groups, clock },
      redact: secrets.redact,
      egress: run => (isListed ? openEgressOf({ paths, hosts, log }, run) : null),
    }),
    keepWork: kept,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { tryAppend } from '../agent/run-files.ts';
import type { Seen } from '../agent/watch/state.ts';
import { centralPlace } from '../engine/actions/central.ts';
import { type ActionsNews, actionsStages } from '../engine/actions/stages.ts';
import { openWorkflow } from '../engine/actions/workflow.ts';
import { buildsOn } from '../forge/stack.ts';
import type { AppGithub } from '../github/client.ts';
import { adoptPull } from '../github/pulls.ts';
import type { Prepared, Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { changedFiles } from '../workspace/publish.ts';
import { fetchStore, openStores } from '../workspace/store.ts';
import type { Engine, EngineOptions, OpenEngine } from './engine.ts';
import { openRepositories } from './git.ts';
import { modelOf } from './model.ts';
import { profileTimeout } from './policy.ts';
import { pullStage } from './pull-stage.ts';
import { startPoint } from './start-point.ts';

/** A job holds its run to its time-out by itself, once it has a workspace; then it tells of it. */
const SLACK_SECONDS = 900;

/**
 * Runs as jobs of GitHub Actions: this host settles where each begins, and everything else is done where its job runs. The
 * news are for the handlers of webhooks.
 */
export function actionsEngine(github: AppGithub): { open: OpenEngine; news: ActionsNews } {
  let told: ActionsNews | null = null;
  const news: ActionsNews = {
    heard: id => told?.heard(id),
    shown: async (run, repositoryId) => await told?.shown(run, repositoryId),
    pushed: (repositoryId, branch, head) => told?.pushed(repositoryId, branch, head),
    opened: async task => await told?.opened(task),
  };
  return {
    news,
    async open(options) {
      const opened = openStages(github, options);
      told = opened.news;
      return opened.engine;
    },
  };
}

function openStages(github: AppGithub, options: EngineOptions): { engine: Engine; news: ActionsNews } {
  const { settings, forge, store, paths, clock, log } = options;
  const { workflow: file, repository, ref } = settings.actions;
  const repositories = openRepositories(openStores(paths.home), forge);
  const central = repository === null ? null : centralPlace(github, repository);

  async function fetched(task: Task) {
    const git = await repositories.store(task);
    const pulls = task.onPullRequest ? [task.issue] : [];
    await fetchStore(git, repositories.remote(task, 'read'), { pulls });
    return git;
  }

  async function settle(task: Task, run: Run): Promise<Prepared> {
    await forge.confirm(task);
    const [{ author }, git] = await Promise.all([forge.authors(task), fetched(task)]).catch(forge.notFetched);
    const { prepared } = await startPoint({ store, paths, author }, task, run, git);
    refuseJoined(buildsOn(store, task), prepared);
    return prepared;
  }

  const { stages, news } = actionsStages({
    store,
    clock,
    log,
    workflow: openWorkflow({ github, file, ref }),
    placeOf: async task => (central === null ? task : await central()),
    settle,
    pulls: pullStage(forge),
    adoptPull: task => adoptPull({ store, github, clock }, task),
    model: run => modelOf({ store, settings }, run),
    timeoutSeconds: (task, run) => Math.min(task.timeoutSeconds, profileTimeout(settings, run) ?? Infinity),
    changed: ({ task }) => options.wake(task),
  });
  const launch: Stages['agent']['launch'] = async (task, run) => {
    const launched = await stages.agent.launch(task, run);
    leadToLog(paths.runLog(runName(run.task, run.number)), where(run));
    return launched;
  };
  const where = (run: Run) => store.dispatches.workflowRun(run)?.url ?? null;
  const engine: Engine = {
    stages: { ...stages, agent: { ...stages.agent, launch } },
    slackSeconds: SLACK_SECONDS,
    sandbox: () => 'The agent runs in a job of GitHub Actions, shut in as its runner has it.',
    agentState: task => agentState(store, task),
    isOver: () => false,
    async changedFiles(task) {
      if (!task.head || !task.baseSha) return [];
      return await changedFiles(await fetched(task), task.baseSha, task.head);
    },
    repositories,
    touchedFiles: async () => null,
    usage: () => ({ memoryMb: null, cpuSeconds: null }),
    insight: {
      output: async run => (where(run) === null ? '' : `Its log is at ${where(run)}`),
      screen: async () => null,
      files: () => [],
    },
    checkpoint: async task => refuseElsewhere(task),
    takeOver: id => refuseElsewhere({ id }),
    enclosed: async task => refuseElsewhere(task),
    prove: null,
    [Symbol.asyncDispose]: async () => {},
  };
  return { engine, news };
}

/** What `orch logs` finds on this host. */
function leadToLog(file: string, url: string | null): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file))
    tryAppend(file, `It runs in GitHub Actions, and its log is there${url === null ? '.' : `: ${url}`}\n`);
}

/** As the journal tells: nobody here sees the agent itself. */
function agentState(store: Store, task: number): Seen | null {
  const run = store.runs.liveOf(task);
  if (run === null || run.spawnedAt === null) return null;
  const told = store.journal
    .ofTask(task)
    .findLast(event => event.type === 'agent:state' && event.data.run === run.number);
  return told?.type === 'agent:state' ? told.data : { state: 'working', detail: null };
}

/** A commit that joins several branches would be on this host alone. */
function refuseJoined(on: readonly Task[], { baseSha }: Prepared): void {
  if (on.length < 2 || on.some(({ head }) => head === baseSha)) return;
  const names = on.map(({ id }) => taskName(id)).join(', ');
  const what = `With \`engine: actions\` a task can't begin with the work of several others, ${names}, before it is merged`;
  throw new OrchError('E_STACK', what);
}

function refuseElsewhere({ id }: Pick<Task, 'id'>): never {
  const remedy = 'Tell it something (orch say), which it hears with its next run, or cancel it.';
  throw new OrchError('E_TASK_STATE', `${taskName(id)} works in a job of GitHub Actions, out of reach`, {
    remedy,
  });
}

/** Refuses to start where runs go on that another engine carries out: it alone can end them. Errors: E_SETTINGS. */
export function requireEngineOf({ store, settings }: Pick<EngineOptions, 'store' | 'settings'>): void {
  const isElsewhere = (run: Run) => store.dispatches.get(run) !== null;
  const wanted = settings.engine === 'actions';
  const others = store.runs.live().filter(run => run.spawnedAt !== null && isElsewhere(run) !== wanted);
  if (others.length === 0) return;
  const names = others.map(run => runName(run.task, run.number)).join(', ');
  const before = wanted ? 'local' : 'actions';
  throw new OrchError('E_SETTINGS', `${names} still run with \`engine: ${before}\``, {
    remedy: `Start with \`engine: ${before}\` again until they have ended (orch drain), then change it.`,
  });
}

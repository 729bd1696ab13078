import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readEnding } from '../agent/ending.ts';
import { agentEnvironment } from '../agent/environment.ts';
import { requireReady } from '../agent/inspect.ts';
import { type Launch, launch, readLaunchId } from '../agent/launch.ts';
import type { Groups } from '../agent/limits/limits.ts';
import { commandOf, environmentOf, writeFiles } from '../agent/profile-launch.ts';
import type { Sandboxes } from '../agent/sandbox/choose.ts';
import type { SandboxKind } from '../agent/sandbox/sandbox.ts';
import { interrupt, killTree } from '../agent/stop.ts';
import { look, type Pane, sessionName, type Terminals } from '../agent/terminals.ts';
import { readProgress } from '../agent/watch/progress.ts';
import type { UsedBefore } from '../agent/watch/usage.ts';
import { writeTools } from '../cli/worktree/tools.ts';
import type { Paths } from '../config/paths.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Profile, Settings } from '../config/settings.ts';
import type { Sight, Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';
import type { Input } from '../store/inputs.ts';
import type { Plan } from '../store/plans.ts';
import { isResumed, type Run, runName, type Task } from '../task/glossary.ts';
import { detectSetup, guidanceFiles, pullTemplate } from '../workspace/setup.ts';
import { locateWorkspace, restoredFiles } from '../workspace/workspace.ts';
import type { Confine } from './confine.ts';
import type { ContextStage } from './context-stage.ts';
import type { handOvers } from './hand-over.ts';
import { limitsOf, makeGroup, settleGroup } from './limits.ts';
import { promptToBegin, promptToGoOn } from './prompts.ts';
import { type WatchedRunsOptions, watchedRuns } from './watched-runs.ts';
import { wordsOf } from './words.ts';

export interface AgentStageOptions extends WatchedRunsOptions {
  terminals: Terminals;
  settings: Settings;
  repositorySettings(task: Task): RepositorySettings;
  confine: Confine;
  sandboxes: Sandboxes;
  groups: Groups;
  /** What people have told the task's agent. */
  said(task: number): Input[];
  /** What a task's agent is to plan, or has planned; null where nobody wants a plan. */
  plan(task: number): Plan | null;
  /** An agent has been started on what was approved. */
  hasBegun(plan: Plan): boolean;
  /** All runs of a task. */
  runs(task: number): Run[];
  /** Gives the run's session an id, and writes it down. */
  nameSession(run: Run): string;
  /** The model to start it with; null: its CLI decides. */
  model(run: Run): string | null;
  /** What it takes over from runs before it. */
  handOver: Pick<ReturnType<typeof handOvers>, 'tell'>;
  /** Brings the shared context into the run's workspace. */
  context: Pick<ContextStage, 'giveTo'>;
  /** What other runs of its session have used. */
  usedBefore(run: Run): UsedBefore;
}

/** Starts, watches and stops the agents of runs. */
export function agentStage(options: AgentStageOptions): Stages['agent'] & Disposable {
  const { terminals, paths, settings, groups } = options;
  const watches = watchedRuns(options);
  const lookOnce = shared(() => look(terminals));

  async function start(task: Task, run: Run) {
    const name = runName(task.id, run.number);
    const directory = paths.run(name);
    const workspace = locateWorkspace(paths.workspaces, run.workspace);
    const { tree } = workspace;
    const own = options.repositorySettings(task);
    const profile = profileOf(settings, run);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await mkdir(dirname(paths.runLog(name)), { recursive: true, mode: 0o700 });
    await mkdir(paths.sockets(name), { recursive: true, mode: 0o700 });
    const broker = join(paths.sockets(name), 'broker.sock');
    await writeTools(join(directory, 'bin'), broker);
    const promptFile = join(directory, 'prompt.md');
    await writeFile(promptFile, '', { mode: 0o600 });
    writeFiles(profile, directory);
    const context = await options.context.giveTo(task, run);
    const isTakenOver = run.keyboard !== null;
    const plan = options.plan(task.id);
    const isPlanning = plan !== null && plan.approvedAt === null;
    const { prefix, session, environment } = await options.confine(task, run, {
      terminal: isTakenOver,
      readOnly: isPlanning,
    });
    const kind = options.sandboxes.found?.kind;
    // In a container it is the image that has the programs.
    if (kind !== 'container')
      await requireReady(profile, { environment, isBareRoot: kind === 'none' && process.getuid?.() === 0 });
    // Where an agent has gone on before, all is set up; but nothing is where it could only read.
    const resumes = isResumed(run) && run.session !== null && profile.resume !== null;
    const how = isTakenOver ? 'interactive' : resumes ? 'resume' : 'command';
    const known = how === 'command' && isResumed(run) ? null : run.session;
    const isFirst = plan !== null && plan.approvedAt !== null && !options.hasBegun(plan);
    const isSetUp = isPlanning || (how !== 'command' && !isFirst);
    const setup = isSetUp ? [] : setupOf(own, tree, environment);
    const said = options.said(task.id);
    if (how === 'resume')
      await writeFile(
        promptFile,
        promptToGoOn(task, run, { said, plan: isPlanning || isFirst ? plan : null, ...before(run) }),
        { mode: 0o600 },
      );
    if (how === 'command') {
      const prompt = promptToBegin(task, run, said, {
        guidance: guidanceFiles(tree),
        pullTemplate: pullTemplate(tree),
        restored: restoredFiles(workspace),
        setup: setup.map(({ command }) => command),
        context,
        template: own.prompt,
        handOver: await options.handOver.tell(task, run),
        plan,
      });
      await writeFile(promptFile, prompt, { mode: 0o600 });
    }
    const model = options.model(run);
    const { enter } = makeGroup(groups, name, limitsOf(settings, profile));
    return await launch(terminals, {
      run: name,
      enter,
      directory,
      cwd: tree,
      argv: commandOf(profile, { how, model }),
      sandbox: [...prefix, ...session],
      environment,
      prompt: isTakenOver ? 'keyboard' : profile.prompt,
      promptFile,
      model,
      session: known ?? (profile.session === 'preset' ? options.nameSession(run) : null),
      setup,
      logFile: paths.runLog(name),
      outputLimitBytes: settings.limits.outputMb * 1024 * 1024,
      install: profile.install,
      narration: isTakenOver ? null : narrationOf(profile, options.usedBefore(run)),
    });
  }

  function isNarrated(run: Run): boolean {
    const profile = settings.profiles.find(each => each.name === run.profile);
    return profile !== undefined && profile.events.length > 0 && run.keyboard === null;
  }

  /** What runs of the task before this one have come to: whether an agent has got to work, and who worked there last. */
  function before(run: Run): { hasBegun: boolean; keyboard: string | null } {
    const runs = options.runs(run.task).filter(({ number }) => number < run.number);
    return {
      hasBegun: runs.some(
        ({ task, number }) => (readProgress(paths.run(runName(task, number)))?.events ?? 0) > 0,
      ),
      keyboard: runs.findLast(({ spawnedAt }) => spawnedAt !== null)?.keyboard ?? null,
    };
  }

  /** The limit that a run went beyond, for people. */
  function killedBy(run: Run): string | null {
    if (!groups.find(runName(run.task, run.number)).ranOutOfMemory()) return null;
    const { memoryMb } = limitsOf(settings, profileOf(settings, run));
    return memoryMb === null ? 'the host ran out of memory' : `it took more than ${memoryMb} MB of memory`;
  }

  return {
    async launch(task, run) {
      const launched = await start(task, run);
      watches.add(run);
      return launched;
    },
    async look(run) {
      const name = runName(run.task, run.number);
      // Written before the session is made: without it there is none, and a start need not wait for tmux to say so.
      if (readLaunchId(paths.run(name)) === null)
        return {
          session: 'none',
          exitCode: null,
          setupFailed: null,
          killedBy: null,
          limit: null,
          heard: null,
          end: null,
          turnEndedAt: null,
        };
      const panes = await lookOnce();
      // Read last: the exit file is there before its terminal is seen dead, whose own exit code tmux may not have yet.
      const ending = readEnding(paths.run(name));
      const sight = see(panes, name, ending.exit);
      if (sight.session === 'alive') watches.add(run);
      const progress = readProgress(paths.run(name));
      // What comes of a run is decided on what its CLI has told, of one that ended while nobody watched too.
      if (progress !== null) options.progressed(run, progress);
      return {
        ...sight,
        setupFailed: ending.setupFailed?.command ?? null,
        killedBy: killedBy(run),
        limit: progress?.limit ?? null,
        heard: isNarrated(run) ? (progress?.events ?? 0) > 0 : null,
        end: progress?.end ?? null,
        turnEndedAt: progress?.state === 'ended' ? progress.since : null,
      };
    },
    interrupt: run => interrupt(terminals, runName(run.task, run.number)),
    async kill(run) {
      const name = runName(run.task, run.number);
      const group = groups.find(name);
      const { survivors } = await killTree(terminals, name, paths.run(name), undefined, group.pids);
      if (survivors.length > 0) {
        throw new OrchError(
          'E_PROGRAM_FAILED',
          `Processes of ${name} outlive SIGKILL: ${survivors.join(', ')}`,
        );
      }
      await options.sandboxes.found?.end(locateWorkspace(paths.workspaces, run.workspace).tree);
      settleGroup(group, paths.run(name));
      watches.remove(run);
    },
    lastWords: run => wordsOf(paths, run),
    [Symbol.dispose]: () => watches[Symbol.dispose](),
  };
}

/** What agents see of the daemon's environment, and how they reach the run's broker. */
export function runEnvironment(options: { paths: Paths; settings: Settings; env: NodeJS.ProcessEnv }) {
  return (run: Run, sandbox: SandboxKind): Record<string, string> => {
    const name = runName(run.task, run.number);
    const directory = options.paths.run(name);
    const profile = options.settings.profiles.find(each => each.name === run.profile);
    const asRoot = sandbox !== 'none' && process.getuid?.() === 0;
    const own = profile ? environmentOf(profile, { directory, daemon: options.env, asRoot }) : {};
    return agentEnvironment(options.env, own, {
      bin: join(directory, 'bin'),
      variables: {
        ORCH_TASK: `T${run.task}`,
        ORCH_BROKER: join(options.paths.sockets(name), 'broker.sock'),
        ORCH_CONTEXT: locateWorkspace(options.paths.workspaces, run.workspace).context,
      },
    });
  };
}

/** Hosts that its profile has a run reach. */
export function hostsOf(settings: Settings, run: Run): readonly string[] {
  return settings.profiles.find(each => each.name === run.profile)?.hosts ?? [];
}

/** What is run in a fresh tree before anything else: the repository's own commands, or those that fit its files. */
export function setupOf(own: RepositorySettings, tree: string, { PATH = '' }: Record<string, string>) {
  return own.setup ? own.setup.map(command => ({ command, required: true })) : detectSetup(tree, PATH);
}

function profileOf(settings: Settings, run: Run): Profile {
  const profile = settings.profiles.find(each => each.name === run.profile);
  if (profile) return profile;
  throw new OrchError('E_UNKNOWN_AGENT', `The agent \`${run.profile}\` is not in the settings any more`);
}

function narrationOf({ events, limits, refusals }: Profile, usedBefore: UsedBefore): Launch['narration'] {
  return events.length === 0 ? null : { events, limits, refusals, usedBefore };
}

function see(
  panes: Map<string, Pane> | 'unknown',
  run: string,
  exit: number | null,
): Pick<Sight, 'session' | 'exitCode'> {
  // The exit file is written by the run's own launcher, after the agent has ended: it needs no tmux to be believed.
  if (exit !== null) return { session: 'ended', exitCode: exit };
  if (panes === 'unknown') return { session: 'unknown', exitCode: null };
  const pane = panes.get(sessionName(run));
  if (!pane) return { session: 'none', exitCode: null };
  return { session: pane.dead ? 'ended' : 'alive', exitCode: pane.exitCode };
}

/**
 * One look serves all who ask while another is under way; it begins after they asked, since an older one would not
 * show the session that a caller has just started.
 */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let under: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    next ??= under.then(() => {
      const answer = ask();
      under = answer.catch(() => {});
      next = null;
      return answer;
    });
    return next;
  };
}

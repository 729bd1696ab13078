import type { Progress } from '../../../src/agent/watch/progress.ts';
import { createPublisher, type PublishGit, type PublishOptions } from '../../../src/broker/publish.ts';
import type { Sight, Stages } from '../../../src/scheduler/stages.ts';
import { OrchError } from '../../../src/shared/errors.ts';
import type { Connection } from '../../../src/store/connection.ts';
import type { Store } from '../../../src/store/open.ts';
import { isResumed, type Run, runName, type Task } from '../../../src/task/glossary.ts';
import { isFinal } from '../../../src/task/states.ts';
import { branchName } from '../../../src/workspace/branch.ts';
import type { Graph } from './git.ts';
import type { SimulatedGithub } from './github.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Time } from './time.ts';

interface Workspace {
  base: string;
  /** What the agent has committed last. */
  tip: string;
}

interface Session {
  alive: boolean;
  exitCode: number | null;
  /** Whether an interrupt ends it. */
  isStubborn: boolean;
  /** The CLI's conversation, which a run that goes on has from the one before. */
  conversation: string;
  /** Its agent has done something since it began. */
  hasActed: boolean;
  limit: Sight['limit'];
  workspace: string;
  /** What people have said, by its number, as far as it is new in this conversation. */
  told: readonly number[];
}

/** tmux, worktrees and Orch's own repository: they outlive the daemon, as its rows do. */
export class Host {
  readonly sessions = new Map<string, Session>();
  readonly workspaces = new Map<string, Workspace>();
  /** How often each run's session was really started. */
  readonly launches = new Map<string, number>();
  /** Commits in Orch's own repository. */
  readonly kept = new Set<string>();
  /** What each run's agent was told that was new, and acted upon. */
  readonly heeded = new Map<string, readonly number[]>();
  /** tmux does not answer. */
  isBlind = false;
  hasSandbox = true;

  alive(): string[] {
    return [...this.sessions].filter(([, { alive }]) => alive).map(([run]) => run);
  }

  turnStubborn(run: string): void {
    const session = this.sessions.get(run);
    if (session) session.isStubborn = true;
  }

  /** The agent does something, after all that it was told. */
  act(run: string): void {
    const session = this.sessions.get(run);
    if (!session?.alive) return;
    session.hasActed = true;
    this.heeded.set(run, session.told);
  }

  end(run: string, exitCode: number | null): void {
    const session = this.sessions.get(run);
    if (session?.alive) Object.assign(session, { alive: false, exitCode });
  }
}

/** What every life of Orch finds as the last one left it. */
export interface Surroundings {
  database: Connection;
  time: Time;
  network: Network;
  graph: Graph;
  github: SimulatedGithub;
  host: Host;
  /** As in the settings. */
  onLimit: 'wait' | 'switch' | 'ask';
}

/** What an agent's commands reach while Orch runs. */
export type Publisher = ReturnType<typeof createPublisher>;

export interface LiveStages {
  stages: Omit<Stages, 'pulls'>;
  /** The run's broker, if it listens. */
  broker(run: string): Publisher | null;
}

/** The stages of one life of Orch over a host that stays. */
export function stagesOn(
  { host, network, github, graph }: Surroundings,
  life: Life,
  options: Omit<PublishOptions, 'git'> & { heard(run: Run, progress: Progress): void },
): LiveStages {
  const { store } = options;
  const pass = (label: string) => network.pass(life, label);
  const git = gitOn(host, pass, github, graph);
  const brokers = new Map<string, Publisher>();
  const name = (run: Run) => runName(run.task, run.number);

  async function rescue(task: Task, run: Run): Promise<void> {
    const workspace = host.workspaces.get(run.workspace);
    const known = task.head ?? task.baseSha;
    if (task.branch === null || known === null || !host.launches.has(name(run))) return;
    if (!workspace) throw new OrchError('E_PROGRAM_FAILED', 'fatal: not a git repository');
    await pass(`rescue ${name(run)}`);
    if (graph.isAncestor(workspace.tip, known)) return;
    const publisher = brokers.get(name(run));
    if (!publisher) throw new OrchError('E_PROGRAM_FAILED', 'the broker is closed');
    const push = { new: workspace.tip, pack: null as never, isLast: true };
    await (isOver(store, run) ? publisher.keep(push) : publisher.push(push)).catch(error => {
      const code = error instanceof OrchError ? error.code : null;
      if (code === 'E_ACCESS_LOST' || code === 'E_GITHUB' || code === 'E_GITHUB_AWAY') throw error;
      if (code !== null && code !== 'E_PROGRAM_FAILED') throw new OrchError('E_PUSH_REFUSED', error.message);
      throw new OrchError('E_GITHUB_AWAY', 'The commits can not be brought to GitHub', { cause: error });
    });
  }

  const open = (task: Task, run: Run) => {
    if (task.branch !== null && !brokers.has(name(run)))
      brokers.set(name(run), createPublisher({ ...options, git }, run));
  };

  return {
    broker: run => brokers.get(run) ?? null,
    stages: {
      workspace: {
        async prepare(task, run) {
          await options.forge.confirm(task);
          await pass(`fetch for ${name(run)}`);
          if (github.isAway) throw new OrchError('E_PROGRAM_FAILED', 'could not resolve host');
          if (!host.hasSandbox) throw new OrchError('E_SANDBOX_UNAVAILABLE', 'bwrap is not there');
          const prepared = await begin(host, github, store, task, run);
          const made = { base: prepared.baseSha, tip: prepared.head ?? prepared.baseSha };
          const isOurs = prepared.head === store.creations.get(task.id, 'branch', prepared.branch)?.content;
          const hasMoved = isResumed(run) && prepared.head !== task.head && !isOurs;
          if (hasMoved) store.runs.update(run, { workspace: name(run), session: null });
          const workspace = hasMoved ? name(run) : run.workspace;
          if (!host.workspaces.has(workspace)) host.workspaces.set(workspace, made);
          await pass(`workspace ${name(run)}`);
          return prepared;
        },
        rescue,
        async remove(task, run) {
          await pass(`remove ${name(run)}`);
          if (host.launches.has(name(run)) && host.workspaces.has(run.workspace)) {
            open(task, run);
            await rescue(task, run).catch(error => {
              if (!(error instanceof OrchError && /E_PROGRAM_FAILED|E_PUSH_REFUSED/.test(error.code)))
                throw error;
            });
            brokers.delete(name(run));
          }
          host.workspaces.delete(run.workspace);
          return null;
        },
      },
      agent: {
        async launch(_task, run) {
          await pass(`launch ${name(run)}`);
          if (!host.sessions.has(name(run))) {
            const said = store.inputs.ofTask(run.task).filter(input => input.run === run.number);
            host.sessions.set(name(run), {
              alive: true,
              exitCode: null,
              isStubborn: false,
              conversation: run.session ?? name(run),
              hasActed: false,
              limit: null,
              workspace: run.workspace,
              told: said.map(({ id }) => id),
            });
            host.launches.set(name(run), (host.launches.get(name(run)) ?? 0) + 1);
          }
          await pass(`launched ${name(run)}`);
          return { pid: 1000 + run.task, pidStart: null };
        },
        async look(run) {
          await pass(`look at ${name(run)}`);
          const sight = see(host, name(run));
          const session = host.sessions.get(name(run));
          if (session) options.heard(run, progressOf(session));
          return sight;
        },
        async interrupt(run) {
          await pass(`interrupt ${name(run)}`);
          if (host.sessions.get(name(run))?.isStubborn === false) host.end(name(run), 130);
        },
        async kill(run) {
          await pass(`kill ${name(run)}`);
          host.end(name(run), null);
          await pass(`killed ${name(run)}`);
        },
        lastWords: async run => `the last words of ${name(run)}`,
      },
      broker: {
        open: async (task, run) => open(task, run),
        async close(run) {
          await pass(`close ${name(run)}`);
          brokers.delete(name(run));
        },
      },
    },
  };
}

function isOver(store: Store, run: Run): boolean {
  const task = store.tasks.get(run.task);
  return task?.epoch !== run.epoch || isFinal(task.state);
}

/** As the workspace stage settles branch and base. */
async function begin(host: Host, github: SimulatedGithub, store: Store, task: Task, run: Run) {
  const target = task.base as string;
  const pinned = host.workspaces.get(run.workspace)?.base;
  const tip = pinned ?? (await github.tip(target));
  if (tip === null) throw new OrchError('E_UNKNOWN_BASE', `There is no branch ${target}`);
  const baseSha = pinned ?? (task.continues === null ? task.headSha : null) ?? tip;
  if (task.branch !== null)
    return { branch: task.branch, target, baseSha, head: await github.tip(task.branch) };
  for (let suffix = 1; ; suffix += 1) {
    const branch = branchName(task.id, task.instruction, suffix);
    const head = await github.tip(branch);
    if (head === null || store.creations.get(task.id, 'branch', branch))
      return { branch, target, baseSha, head };
  }
}

function see(host: Host, run: string): Sight {
  const session = host.sessions.get(run);
  const told = {
    limit: session?.limit ?? null,
    heard: session?.hasActed ?? null,
    end: null,
    turnEndedAt: null,
  };
  const rest = { setupFailed: null, killedBy: null, ...told };
  if (session?.alive === false && session.exitCode !== null)
    return { session: 'ended', exitCode: session.exitCode, ...rest };
  if (session && host.isBlind) return { session: 'unknown', exitCode: null, ...rest };
  if (!session) return { session: 'none', exitCode: null, ...rest };
  return { session: session.alive ? 'alive' : 'ended', exitCode: null, ...rest };
}

/** As the narrator sums up what the CLI has told. */
function progressOf({ alive, conversation, hasActed, limit }: Session): Progress {
  const quiet = {
    model: null,
    text: null,
    activity: null,
    usage: null,
    costUsd: null,
    retries: 0,
    end: null,
    turnEndedAt: null,
  };
  const state = alive ? 'working' : 'ended';
  return { ...quiet, state, since: 0, session: conversation, events: hasActed ? 1 : 0, limit };
}

function gitOn(
  host: Host,
  pass: (label: string) => Promise<void>,
  github: SimulatedGithub,
  graph: Graph,
): PublishGit {
  const receive: PublishGit['receive'] = async (_task, run, push) => {
    await pass(`commits of ${runName(run.task, run.number)}`);
    for (const sha of graph.history(push.new)) host.kept.add(sha);
  };
  return {
    receive,
    keep: receive,
    rescue: async () => 'in the simulation',
    lost: async ({ head }, sha) =>
      head === null ? [] : [...graph.history(head)].filter(each => !graph.isAncestor(each, sha)),
    keepTip: async () => {},
    isAhead: async (task, sha) => !graph.isAncestor(sha, task.baseSha as string),
    async push(task, sha, expected) {
      const branch = task.branch as string;
      await pass(`git push ${branch}`);
      if (github.isAway) throw new OrchError('E_PROGRAM_FAILED', 'could not resolve host');
      const pushed = await github.push(branch, sha, expected);
      const isLost = pushed && github.loseAnswer();
      await pass(`${isLost ? 'no answer' : pushed} git push ${branch}`);
      if (isLost) throw new OrchError('E_PROGRAM_FAILED', 'the remote end hung up unexpectedly');
      return pushed ? { kind: 'pushed' } : { kind: 'rejected', moved: true, text: 'stale info' };
    },
    async tip(task) {
      await pass(`git ls-remote ${task.branch}`);
      if (github.isAway) throw new OrchError('E_PROGRAM_FAILED', 'could not resolve host');
      return await github.tip(task.branch as string);
    },
  };
}

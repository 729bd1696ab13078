import { existsSync } from 'node:fs';
import { readLaunchId } from '../agent/launch.ts';
import type { Paths } from '../config/paths.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Forge } from '../forge/forge.ts';
import type { Prepared, Stages } from '../scheduler/stages.ts';
import { describeError, type ErrorCode, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { isResumed, type Run, runName, type Task } from '../task/glossary.ts';
import { type Leftovers, rescue } from '../workspace/rescue.ts';
import { fetchStore, resolve } from '../workspace/store.ts';
import { locateWorkspace, prepareWorkspace, removeTree, removeWorkspace } from '../workspace/workspace.ts';
import { asAgentOf } from './as-agent.ts';
import type { BrokerStage } from './broker-stage.ts';
import type { Confine } from './confine.ts';
import type { Repositories } from './git.ts';
import type { handOvers } from './hand-over.ts';
import type { Snapshot } from './snapshots.ts';
import { startPoint } from './start-point.ts';

export interface WorkspaceStageOptions {
  store: Store;
  paths: Paths;
  forge: Forge;
  repositories: Repositories;
  repositorySettings(task: Task): RepositorySettings;
  broker: BrokerStage;
  /** How the run's agent is shut in; what Orch runs in the worktree is too. */
  confine: Confine;
  snapshot: Snapshot;
  /** Nothing of the task is on disk any more: the newest of its checkpoints is enough. */
  forgetCheckpoints(task: Task): Promise<void>;
  handOver: Pick<ReturnType<typeof handOvers>, 'carried'>;
  log: Log;
}

/** Makes, rescues and removes workspaces: the task's rows on one side, git on the other. */
export function workspaceStage(options: WorkspaceStageOptions): Stages['workspace'] {
  const { paths, forge, repositories, broker } = options;

  /** The run's row may not know of it: a crash can come between the launch and its being written down. */
  function wasLaunched(run: Run): boolean {
    return readLaunchId(paths.run(runName(run.task, run.number))) !== null;
  }

  /** Commits, and what is not committed. A run ends also where its agent left nothing that could be kept. */
  async function rescueAll(task: Task, run: Run): Promise<void> {
    let isDirty = true;
    try {
      isDirty = await rescueCommits(task, run);
    } finally {
      // Where there was a checkpoint before, the last one is how things stand.
      if (isDirty || options.store.checkpoints.last(task.id) !== null) await keepTree(task, run);
    }
  }

  async function keepTree(task: Task, run: Run): Promise<void> {
    const name = runName(run.task, run.number);
    if (task.branch === null || !wasLaunched(run)) return;
    await options.snapshot(task, run, `end of ${name}`).catch(error => {
      options.log.warn({ run: name, why: describeError(error) }, 'the worktree could not be kept');
    });
  }

  /** Gives whether changes lie there that were not committed, or may. */
  async function rescueCommits(task: Task, run: Run): Promise<boolean> {
    const name = runName(task.id, run.number);
    const known = task.head ?? task.baseSha;
    if (task.branch === null || known === null || !wasLaunched(run)) return false;
    const asAgent = await asAgentOf(options, task, run, 300_000);
    let left: Leftovers;
    broker.rescuing(run, true);
    try {
      left = await rescue(asAgent, { branch: task.branch, known });
      if (left.head !== null || left.dirty)
        options.log.info({ run: name, ...left }, 'found what the agent left');
    } catch (error) {
      options.log.warn(
        { run: name, why: describeError(error) },
        'commits could not be taken from the workspace',
      );
      throw notPublished(forge, broker.failure(run)) ?? error;
    } finally {
      broker.rescuing(run, false);
    }
    // An agent that was refused its pull request may end as if it had crashed; trying again would change nothing.
    const unopened = broker.unopened(run);
    if (unopened && options.store.tasks.get(task.id)?.pull === null) throw unopened;
    return left.dirty;
  }

  /** Before a workspace goes: commits that no try before could take. One that its agent spoilt has none to give, and what was refused will always be. */
  async function keepWhatIsLeft(task: Task, run: Run): Promise<void> {
    await broker.stage.open(task, run);
    try {
      await rescueCommits(task, run);
    } catch (error) {
      if (!(error instanceof OrchError && ['E_PROGRAM_FAILED', 'E_PUSH_REFUSED'].includes(error.code)))
        throw error;
    } finally {
      await broker.stage.close(run);
    }
  }

  return {
    async prepare(task, run) {
      await forge.confirm(task);
      const remote = repositories.remote(task, 'read');
      const store = await repositories.store(task);
      const [{ author, coauthor }] = await Promise.all([
        forge.authors(task),
        fetchStore(store, remote, { pulls: task.onPullRequest ? [task.issue] : [] }),
      ]).catch(forge.notFetched);
      const { prepared, trusted } = await startPoint({ ...options, author }, task, run, store);
      const workspace = hasMoved(options.store, task, run, prepared)
        ? anew(options.store, run)
        : run.workspace;
      const settings = options.repositorySettings(task);
      const start = prepared.head ?? prepared.baseSha;
      await prepareWorkspace({
        workspaces: paths.workspaces,
        run: workspace,
        store,
        remote,
        branch: prepared.branch,
        start,
        carried: await options.handOver.carried(task, run, start),
        base: { branch: prepared.target, sha: prepared.baseSha },
        identity: author,
        coauthor,
        sparse: settings.sparse,
        // A pull request's own branch is what its author made of it.
        trusted: task.headSha === null || task.continues !== null ? trusted : await resolve(store, 'default'),
        copy: settings.copy.length > 0 ? [{ from: forge.files(task), files: settings.copy }] : [],
      });
      return prepared;
    },

    rescue: rescueAll,

    async remove(task, run) {
      const name = runName(task.id, run.number);
      const { directory } = locateWorkspace(paths.workspaces, run.workspace);
      // A run that went on here may have gone before, and the workspace with it.
      if (wasLaunched(run) && existsSync(directory)) await keepWhatIsLeft(task, run);
      const store = await repositories.store(task);
      const rescued = await removeWorkspace(directory, { run: name, store, published: task.head });
      await removeTree(paths.run(name));
      const others = options.store.runs.ofTask(task.id).filter(({ number }) => number !== run.number);
      if (others.every(({ cleanedAt }) => cleanedAt !== null)) await options.forgetCheckpoints(task);
      return rescued;
    },
  };
}

/** Somebody else has pushed to the branch since: a worktree of before can't be gone on from. */
function hasMoved(store: Store, task: Task, run: Run, { branch, head }: Prepared): boolean {
  if (!isResumed(run) || head === task.head) return false;
  // The answer to a push may have got lost, which was ours all the same.
  return head === null || head !== store.creations.get(task.id, 'branch', branch)?.content;
}

/** The run gets a workspace of its own, and its agent begins a session there: there is nothing to take over any more. */
function anew(store: Store, run: Run): string {
  const workspace = runName(run.task, run.number);
  store.runs.update(run, { workspace, session: null, keyboard: null });
  return workspace;
}

const TOLD: ReadonlySet<ErrorCode> = new Set([
  'E_ACCESS_LOST',
  'E_GITHUB',
  'E_GITHUB_AWAY',
  'E_PUSH_REFUSED',
]);

/**
 * A push that broke on the way to the forge, or that its requester may not have any more, is no fault of the workspace; the
 * agent's git only says that it failed.
 */
function notPublished(forge: Forge, failure: unknown): OrchError | null {
  const code = failure instanceof OrchError ? failure.code : null;
  if (code !== null && TOLD.has(code)) return failure as OrchError;
  if (failure === undefined || (code !== null && code !== 'E_PROGRAM_FAILED')) return null;
  return forge.notPushed(failure as Error);
}

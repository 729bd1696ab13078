import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import { wake } from '../github/follow-up/wake.ts';
import { isOwnPull } from '../github/pulls.ts';
import { someFiles } from '../overlap/words.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import type { Proof } from '../store/proofs.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { joinHeads } from '../workspace/join.ts';
import { pushBranch } from '../workspace/publish.ts';
import type { Engine } from './engine.ts';

export interface BaseFollowerOptions {
  store: Store;
  clock: Clock;
  log: Log;
  settings: Settings;
  forge: Pick<Forge, 'authors' | 'confirm' | 'pulls'>;
  engine: Pick<Engine, 'repositories' | 'prove'>;
  repositorySettings(task: Task): RepositorySettings;
}

/** The branch of an open pull request lacks commits of the one that it goes to. */
export interface Moved {
  task: Task;
  head: string;
  base: string;
  /** The files in which merging the two conflicts. */
  conflicts: readonly string[];
}

export interface BaseFollower {
  moved(moved: Moved): void;
  /** What is being tested is given up, and comes again after the next start. */
  stop(): Promise<void>;
}

/**
 * Keeps pull requests of Orch's own up with their base while nobody works on them: Orch merges what merges cleanly and still
 * passes its tests, and the agent does the rest, once for each state of the two branches. `follow_up.base` says how much of that
 * is wanted.
 */
export function startBaseFollower(options: BaseFollowerOptions): BaseFollower {
  const { store, clock, log } = options;
  const ending = new AbortController();
  const due = new Map<number, Moved>();
  const seen = new Set<string>();
  const rounds = keyedRounds({
    clock,
    async work(id: number) {
      const moved = due.get(id);
      const origin = moved && idleOrigin(store, moved.task);
      if (!moved || !origin) return null;
      const source = `base:${origin.repositoryId}:${origin.pull}:${moved.base}:${moved.head}`;
      if (seen.has(source)) return null;
      await followBase(options, origin, source, moved, ending.signal);
      seen.add(source);
      return null;
    },
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: describeError(error) }, 'its base has moved, and it stays behind'),
    longestMs: 3_600_000,
    atOnce: 1,
  });
  return {
    moved(moved) {
      due.set(moved.task.id, moved);
      if (!rounds.isFailing(moved.task.id)) rounds.wake(moved.task.id);
    },
    async stop() {
      ending.abort();
      await rounds.stop();
    },
  };
}

/** The task that has opened the pull request; null where that is not Orch's own, or somebody works on it. */
function idleOrigin(store: Store, { repositoryId, branch }: Task): Task | null {
  const onBranch = store.tasks.onBranch(repositoryId, branch as string);
  if (onBranch.some(({ state, rollback }) => !isFinal(state) || rollback !== null)) return null;
  const isOurs = (task: Task) => isOwnPull(store, task) || store.pulls.get(task.id) !== null;
  return onBranch.find(task => task.continues === null && task.pullState === 'open' && isOurs(task)) ?? null;
}

async function followBase(
  options: BaseFollowerOptions,
  origin: Task,
  source: string,
  moved: Moved,
  signal: AbortSignal,
): Promise<void> {
  const wanted = options.repositorySettings(origin).followUp.base;
  const { target } = origin;
  if (wanted === 'off') return;
  if (moved.conflicts.length > 0) {
    const what = `settle the conflicts in ${someFiles(moved.conflicts)}`;
    return await wakeAgent(options, origin, moved, { source, what, why: "can't be merged any more" });
  }
  if (wanted === 'conflicts') return;
  await options.forge.confirm(origin);
  const { author } = await options.forge.authors(origin);
  const git = await options.engine.repositories.store(origin);
  const message = `Merge ${target} into ${origin.branch}`;
  const joined = await joinHeads(git, [moved.head, moved.base], author, message);
  if ('conflicts' in joined) return;
  const proof = await proofOf(options, origin, joined.sha, signal);
  if (signal.aborted) return;
  if (proof?.verdict === 'broken') {
    const what = 'have its tests pass again';
    return await wakeAgent(options, origin, moved, {
      source,
      what,
      why: `breaks what passes on \`${target}\``,
    });
  }
  await pushMerge(options, origin, moved, joined.sha, proof);
}

/** What the tests show of the merge, before anybody sees it; null where none are run. */
async function proofOf(
  { store, engine, repositorySettings }: BaseFollowerOptions,
  origin: Task,
  head: string,
  signal: AbortSignal,
): Promise<Proof | null> {
  const run = store.runs.lastOnBranch(origin.repositoryId, origin.branch as string);
  if (engine.prove === null || run === null || !repositorySettings(origin).checks.proof) return null;
  return await engine.prove({ ...origin, head }, run, signal);
}

async function wakeAgent(
  options: BaseFollowerOptions,
  origin: Task,
  { head, base }: Moved,
  { source, what, why }: { source: string; what: string; why: string },
): Promise<void> {
  const words = await options.forge.pulls.words(origin);
  if (words === null) return;
  const { target } = origin;
  wake(options, origin, {
    kind: 'base',
    source,
    instruction: `Merge \`${target}\`, which has moved, and ${what}

The pull request that is open from this branch ${why}: \`${target}\` is at ${base.slice(0, 12)} now. Fetch and merge it
(\`git fetch origin ${target}\`, then \`git merge FETCH_HEAD\`) so that what both sides meant holds. Change nothing else, run the
tests, commit and push.`,
    matter: { base },
    pull: { title: words.title, body: words.body, head },
    by: null,
    repository: options.repositorySettings(origin),
    delivery: origin.correlation,
  });
}

/** Errors: E_PUSH_REFUSED, E_PROGRAM_FAILED. */
async function pushMerge(
  { store, clock, log, engine: { repositories } }: BaseFollowerOptions,
  origin: Task,
  { head, base }: Moved,
  sha: string,
  proof: Proof | null,
): Promise<void> {
  const branch = origin.branch as string;
  const git = await repositories.store(origin);
  const pushed = await pushBranch(git, repositories.remote(origin, 'write'), { sha, branch, expected: head });
  if (pushed.kind === 'rejected')
    throw new OrchError('E_PUSH_REFUSED', `The merge of ${origin.target} was refused: ${pushed.text}`);
  log.info({ task: taskName(origin.id), base, head: sha }, 'merged the base');
  store.transaction(() => {
    const now = clock.now();
    for (const task of store.tasks.onBranch(origin.repositoryId, branch)) {
      if (task.pullState !== 'open' || !isFinal(task.state)) continue;
      store.tasks.update(task.id, task.epoch, { head: sha });
      if (proof) store.proofs.put(task.id, proof, now);
      store.journal.append(now, task.id, 'base:merged', { base, head: sha });
    }
  });
}

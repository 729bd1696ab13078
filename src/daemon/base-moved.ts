import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import { wake } from '../github/follow-up/wake.ts';
import { isOwnPull } from '../github/pulls.ts';
import { someFiles } from '../overlap/words.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { joinHeads } from '../workspace/join.ts';
import { pushBranch } from '../workspace/publish.ts';
import type { Store as GitStore } from '../workspace/store.ts';
import type { Repositories } from './git.ts';

export interface BaseMovedOptions {
  store: Store;
  clock: Clock;
  log: Log;
  settings: Settings;
  forge: Pick<Forge, 'authors' | 'confirm' | 'pulls'>;
  repositories: Repositories;
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

/**
 * Keeps a pull request of Orch's own up with its base, while nobody works on it: Orch merges what merges cleanly, and what
 * conflicts its agent does, once for each state of the two branches. `follow_up.base` says how much of that is wanted.
 */
export function baseFollower(options: BaseMovedOptions) {
  const { store, log } = options;
  const seen = new Set<string>();

  return async (git: GitStore, { task, head, base, conflicts }: Moved): Promise<void> => {
    const onBranch = store.tasks.onBranch(task.repositoryId, task.branch as string);
    if (onBranch.some(({ state }) => !isFinal(state))) return;
    const origin = onBranch.find(each => each.continues === null && isOrchs(store, each));
    if (!origin) return;
    const wanted = options.repositorySettings(origin).followUp.base;
    if (wanted === 'off' || (wanted === 'conflicts' && conflicts.length === 0)) return;
    const source = `base:${origin.repositoryId}:${origin.pull}:${base}:${head}`;
    if (seen.has(source)) return;
    if (conflicts.length > 0) await wakeForConflicts(options, origin, { source, head, base, conflicts });
    else await mergeBase(options, git, origin, { head, base });
    seen.add(source);
    log.info({ task: taskName(origin.id), base, conflicts: conflicts.length }, 'its base has moved');
  };
}

function isOrchs(store: Store, task: Task): boolean {
  return task.pullState === 'open' && (isOwnPull(store, task) || store.pulls.get(task.id) !== null);
}

async function wakeForConflicts(
  options: BaseMovedOptions,
  origin: Task,
  { source, head, base, conflicts }: { source: string } & Omit<Moved, 'task'>,
): Promise<void> {
  const words = await options.forge.pulls.words(origin);
  if (words === null) return;
  const target = origin.target as string;
  wake(options, origin, {
    kind: 'base',
    source,
    instruction: [
      `Merge \`${target}\`, which has moved, and settle the conflicts in ${someFiles(conflicts)}`,
      `The pull request that is open from this branch can't be merged any more: \`${target}\` is at ${base.slice(0, 12)} now. Fetch and merge it
(\`git fetch origin ${target}\`, then \`git merge FETCH_HEAD\`), and settle the conflicts so that what both sides meant holds. Change
nothing else, run the tests, commit the merge and push it.`,
    ].join('\n\n'),
    matter: { base },
    pull: { title: words.title, body: words.body, head },
    by: null,
    repository: options.repositorySettings(origin),
    delivery: origin.correlation,
  });
}

/** Errors: E_ACCESS_LOST, E_PUSH_REFUSED, E_PROGRAM_FAILED. */
async function mergeBase(
  { store, clock, forge, repositories }: BaseMovedOptions,
  git: GitStore,
  origin: Task,
  { head, base }: Pick<Moved, 'head' | 'base'>,
): Promise<void> {
  await forge.confirm(origin);
  const branch = origin.branch as string;
  const { author } = await forge.authors(origin);
  const joined = await joinHeads(git, [head, base], author, `Merge ${origin.target} into ${branch}`);
  if (!('sha' in joined)) return;
  const { sha } = joined;
  const pushed = await pushBranch(git, repositories.remote(origin, 'write'), { sha, branch, expected: head });
  if (pushed.kind === 'rejected')
    throw new OrchError('E_PUSH_REFUSED', `The merge of ${origin.target} was refused: ${pushed.text}`);
  store.transaction(() => {
    for (const task of store.tasks.onBranch(origin.repositoryId, branch))
      if (task.pullState === 'open') store.tasks.update(task.id, task.epoch, { head: sha });
    store.journal.append(clock.now(), origin.id, 'base:merged', { base, head: sha });
  });
}

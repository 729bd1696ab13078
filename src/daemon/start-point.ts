import { existsSync } from 'node:fs';
import type { Paths } from '../config/paths.ts';
import { buildsOn } from '../forge/stack.ts';
import type { Prepared } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Run, type Task, taskName } from '../task/glossary.ts';
import { branchName } from '../workspace/branch.ts';
import { joinHeads } from '../workspace/join.ts';
import { runBase } from '../workspace/refs.ts';
import { type Store as GitStore, resolve, tips } from '../workspace/store.ts';
import { locateWorkspace } from '../workspace/workspace.ts';

export interface StartPointOptions {
  store: Store;
  paths: Pick<Paths, 'workspaces'>;
  /** Who merges are by, where a task begins with several others. */
  author: { name: string; email: string };
}

/** `trusted`: a commit of a branch that only people with write access decide on. */
export interface StartPoint {
  prepared: Prepared;
  trusted: string;
}

/**
 * Where the run begins: at the task's branch if it is there and ours, else at its base as it was just fetched. That is the
 * branch of the task that it comes after, as long as that one's pull request is open.
 */
export async function startPoint(
  options: StartPointOptions,
  task: Task,
  run: Run,
  git: GitStore,
): Promise<StartPoint> {
  const asked = task.base as string;
  // Who goes on in a pull request goes where that does.
  const plain = (task.continues === null ? null : task.target) ?? asked;
  const isOurs = (branch: string) => options.store.creations.get(task.id, 'branch', branch) !== null;
  const first = task.branch ?? branchName(task.id, task.instruction);
  const on = buildsOn(options.store, task);
  // A crash may have come after the workspace was made, or the run goes on in another's: it keeps the base that it has.
  const isMade = existsSync(locateWorkspace(options.paths.workspaces, run.workspace).directory);
  const [pinned, there] = await Promise.all([
    isMade ? runBase(git, run.workspace) : null,
    tips(git, [asked, plain, first, 'orch', ...on.map(({ branch }) => branch as string)]),
  ]);
  if (there.has('orch')) {
    throw new OrchError('E_PUSH_REFUSED', 'A branch named `orch` keeps git from making branches below it', {
      remedy: 'Rename or delete the branch, then retry the task.',
    });
  }
  const settled = pinned === null ? null : task.target;
  const stack = settled === null ? await stackOn(options, git, on, there) : null;
  const target = settled ?? stack?.target ?? plain;
  // Asked for also where a pull request's head is the base: the branch to open onto has to be there.
  const tip = pinned ?? stack?.sha ?? there.get(plain) ?? (await resolve(git, { branch: plain }));
  // What goes on in a branch of Orch's own begins where that did.
  const baseSha = pinned ?? (task.continues === null ? task.headSha : null) ?? tip;
  const isPlain = on.length === 0 && target === asked;
  const trusted = isPlain ? baseSha : (there.get(asked) ?? (await resolve(git, { branch: asked })));
  const from = { target, baseSha };
  if (task.branch !== null) {
    const head = there.get(task.branch) ?? null;
    // A try before this one may have met somebody else's branch when it pushed.
    if (isMade || head === null || task.head !== null || isOurs(task.branch))
      return { prepared: { branch: task.branch, ...from, head }, trusted };
  }
  for (let suffix = 1; ; suffix += 1) {
    const branch = branchName(task.id, task.instruction, suffix);
    const head = (suffix === 1 ? there : await tips(git, [branch])).get(branch) ?? null;
    if (head === null || isOurs(branch)) return { prepared: { branch, ...from, head }, trusted };
  }
}

/**
 * One commit with the work of these tasks. Where a branch of them is at that commit, the pull request goes there, so that it
 * shows nothing else than its own; else to the base, with theirs. Errors: E_STACK.
 */
async function stackOn(
  { author }: StartPointOptions,
  git: GitStore,
  on: readonly Task[],
  there: ReadonlyMap<string, string>,
): Promise<{ sha: string; target: string | null } | null> {
  const heads = on.flatMap(({ branch }) => there.get(branch as string) ?? []);
  if (heads.length === 0) return null;
  const joined = await joinHeads(git, heads, author);
  if ('conflicts' in joined) {
    const [names, files] = [on.map(({ id }) => taskName(id)), joined.conflicts.slice(0, 5)];
    const what = `The branches of ${names.join(', ')} can't be merged: they conflict in ${files.join(', ')}`;
    throw new OrchError('E_STACK', what);
  }
  const { sha } = joined;
  return { sha, target: on.find(({ branch }) => there.get(branch as string) === sha)?.branch ?? null };
}

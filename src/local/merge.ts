import { recordPull } from '../forge/pulls.ts';
import { buildsOn } from '../forge/stack.ts';
import type { TestsView } from '../record/views.ts';
import { describeTests } from '../record/words.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { commitOf, type LocalRepository, personGit, tryPersonGit } from './repository.ts';

export interface MergeOptions {
  store: Store;
  clock: Clock;
  repository: LocalRepository;
  /** Files and folders that Orch itself changes; from the top. Changes there do not keep people from merging. */
  own: readonly string[];
  tests(task: Task): TestsView;
}

export interface Merged {
  /** The commit that the base branch has now. */
  commit: string;
  kind: 'fast-forward' | 'merge' | 'already there';
}

/**
 * Brings a task's branch into its base, as the person would by hand: fast-forward, or a merge commit. Where the base is
 * checked out, its files follow. Errors: E_TASK_STATE where there is nothing to merge, E_MERGE for changed files,
 * conflicts and branches that are gone, and unless `anyway` for tests that failed or have not ended; nothing has changed
 * then.
 */
export function localMerge(options: MergeOptions): (id: number, anyway?: boolean) => Promise<Merged> {
  let last: Promise<unknown> = Promise.resolve();
  return (id, anyway = false) => {
    // Two at once in one folder would get in each other's way, and take back each other's.
    const merged = last.then(() => mergeTask(options, id, anyway));
    last = merged.catch(() => {});
    return merged;
  };
}

async function mergeTask(
  { store, clock, repository, own, tests }: MergeOptions,
  id: number,
  anyway: boolean,
): Promise<Merged> {
  const task = store.tasks.get(id) as Task;
  const { branch, target, pullState } = task;
  if (task.state !== 'completed' || pullState !== 'open' || branch === null || target === null)
    throw new OrchError('E_TASK_STATE', `${taskName(id)} has nothing to merge: ${standing(task)}`);
  const below = buildsOn(store, task).find(each => each.branch === target);
  if (below) {
    const first = taskName(below.id);
    const what = `${taskName(id)} builds on ${first}, which is not merged yet`;
    throw new OrchError('E_MERGE', what, { remedy: `Merge that first: orch merge ${first}` });
  }
  if (!anyway) requireTested(task, tests(task));
  const title = store.pulls.get(id)?.title ?? taskName(id);
  const message = `Merge ${taskName(id)}: ${title}`;
  // People may have gone on in the branch.
  const head = await commitOf(repository, branch);
  if (head === null) throw gone(branch, task.head);
  const before = await commitOf(repository, target);
  if (before === null) throw gone(target, task.baseSha);
  const folder = await folderOf(repository, target);
  const kind = await kindOf(repository, before, head);
  if (kind !== 'already there') {
    if (folder !== null) await mergeIn(folder, { head, message, branch, own });
    else await mergeAside(repository, { target, before, head, message, kind });
  }
  const commit = await personGit(repository.top, ['rev-parse', `refs/heads/${target}`]);
  recordPull(store, task, { number: id, url: null, draft: false, state: 'merged' }, clock.now());
  return { commit, kind };
}

function standing({ state, pullState }: Task): string {
  if (state !== 'completed') return `it is ${state}`;
  return pullState === null ? 'it has no pull request' : `its pull request is ${pullState}`;
}

function gone(branch: string, last: string | null): OrchError {
  const remedy = `Bring it back, then merge again: git branch ${branch} ${last?.slice(0, 10) ?? ''}`.trim();
  return new OrchError('E_MERGE', `There is no branch \`${branch}\` any more`, { remedy });
}

function requireTested(task: Task, tests: TestsView): void {
  if (tests.verdict !== 'failed' && tests.verdict !== 'due') return;
  const name = taskName(task.id);
  const step =
    tests.verdict === 'due' ? 'Wait until they have' : `See what they said: orch diff ${name} --json`;
  throw new OrchError('E_MERGE', `${name} is not merged: ${describeTests(tests)}`, {
    remedy: `${step}; or merge all the same: orch merge ${name} --anyway`,
  });
}

async function kindOf({ top }: LocalRepository, base: string, head: string): Promise<Merged['kind']> {
  const isWithin = async (one: string, other: string) =>
    (await tryPersonGit(top, ['merge-base', '--is-ancestor', one, other])).exitCode === 0;
  if (await isWithin(head, base)) return 'already there';
  return (await isWithin(base, head)) ? 'fast-forward' : 'merge';
}

/** The worktree that has a branch checked out. */
async function folderOf({ top }: LocalRepository, branch: string): Promise<string | null> {
  const here = await tryPersonGit(top, ['symbolic-ref', '--quiet', 'HEAD']);
  // Where `.git` lies elsewhere, git lists that place and not this folder.
  if (here.stdout === `refs/heads/${branch}`) return top;
  const list = await personGit(top, ['worktree', 'list', '--porcelain', '-z']);
  for (const entry of list.split('\0\0')) {
    const lines = entry.split('\0');
    // Git goes on to list a worktree whose folder was removed by hand, as `prunable`.
    const isThere = !lines.some(line => line.startsWith('prunable'));
    if (isThere && lines.includes(`branch refs/heads/${branch}`))
      return lines.find(line => line.startsWith('worktree '))?.slice('worktree '.length) ?? null;
  }
  return null;
}

async function mergeIn(
  folder: string,
  { head, message, branch, own }: { head: string; message: string; branch: string; own: readonly string[] },
): Promise<void> {
  if (await isMerging(folder)) {
    const remedy = 'End it (git commit) or take it back (git merge --abort), then merge again.';
    throw new OrchError('E_MERGE', `${folder} is in the middle of another merge`, { remedy });
  }
  const others = own.map(path => `:(exclude,top,literal)${path}`);
  const changed = await personGit(folder, [
    'status',
    '--porcelain',
    '--untracked-files=no',
    '--',
    '.',
    ...others,
  ]);
  if (changed !== '') {
    const remedy = 'Commit them or put them away (git stash), then merge again.';
    throw new OrchError('E_MERGE', `${folder} has changes that are not committed: ${names(changed)}`, {
      remedy,
    });
  }
  const merged = await tryPersonGit(folder, ['merge', '--no-edit', '-m', message, head]);
  if (merged.exitCode === 0) return;
  const conflicts = await personGit(folder, ['diff', '--name-only', '--diff-filter=U']);
  // One that git has not even begun leaves nothing to take back.
  await tryPersonGit(folder, ['merge', '--abort']);
  if (conflicts !== '') throw inConflict(conflicts, branch);
  const inTheWay = /untracked working tree files would be overwritten by merge:\n((?:\t.*\n)+)/.exec(
    merged.stderr,
  );
  if (inTheWay) {
    const files = names((inTheWay[1] as string).trim().replace(/\n\t/g, '\n'));
    const remedy = 'Move them away, or commit them, then merge again.';
    throw new OrchError('E_MERGE', `In ${folder} files that git does not follow are in the way: ${files}`, {
      remedy,
    });
  }
  const step = (await isMerging(folder))
    ? { remedy: 'Take it back (git merge --abort), then merge again.' }
    : {};
  throw new OrchError('E_MERGE', `git did not merge: ${merged.stderr || merged.stdout}`, step);
}

async function isMerging(folder: string): Promise<boolean> {
  return (await tryPersonGit(folder, ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'])).exitCode === 0;
}

/** The base is checked out nowhere: no files are touched. */
async function mergeAside(
  { top }: LocalRepository,
  {
    target,
    before,
    head,
    message,
    kind,
  }: { target: string; before: string; head: string; message: string; kind: string },
): Promise<void> {
  let commit = head;
  if (kind === 'merge') {
    const tree = await tryPersonGit(top, ['merge-tree', '--write-tree', '--name-only', before, head]);
    const [sha = '', ...files] = tree.stdout.split('\n');
    if (tree.exitCode !== 0) throw inConflict(files.slice(0, files.indexOf('')).join('\n'), head);
    commit = await personGit(top, ['commit-tree', sha, '-p', before, '-p', head, '-m', message]);
  }
  await personGit(top, ['update-ref', '-m', message, `refs/heads/${target}`, commit, before]);
}

function inConflict(files: string, branch: string): OrchError {
  const remedy = `Merge by hand (git merge ${branch}), or have it done again from there: orch add`;
  return new OrchError('E_MERGE', `Both sides have changed ${names(files)}`, { remedy });
}

function names(lines: string): string {
  const files = lines.split('\n').map(line => line.replace(/^.. (?=\S)/, ''));
  return files.length > 5 ? `${files.slice(0, 5).join(', ')} and ${files.length - 5} more` : files.join(', ');
}

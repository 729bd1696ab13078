import { mkdir } from 'node:fs/promises';
import type { Remote } from '../forge/remote.ts';
import { execGit } from './git.ts';
import { writeRepository } from './repository.ts';
import type { Store } from './store.ts';
import { locateWorkspace, removeTree, type Workspace } from './workspace.ts';

export interface ProofTreePlan {
  /** The folder that holds it; what lies there makes way. */
  workspaces: string;
  /** Whose work is tested, `T42.1`. */
  run: string;
  store: Store;
  remote: Remote;
  sha: string;
  /** Files as another commit has them, on top; those that it has not are not there. */
  overlay: { sha: string; files: readonly string[] } | null;
}

/**
 * A commit's files in a repository of their own that no agent has had, to run tests in: no branch in it leads anywhere.
 * Errors: E_PROGRAM_FAILED.
 */
export async function makeProofTree(plan: ProofTreePlan): Promise<Workspace> {
  const { store, remote, sha, overlay } = plan;
  const workspace = locateWorkspace(plan.workspaces, plan.run);
  await removeTree(workspace.directory);
  await mkdir(workspace.directory, { recursive: true, mode: 0o700 });
  const identity = { name: 'Orch', email: 'orch@localhost' };
  const base = { branch: 'orch-base', sha };
  const nothing = { coauthor: null, sparse: [], ignored: [] };
  await writeRepository(workspace.repository, {
    ...{ store, remote, branch: 'orch-proof', start: sha, base, identity, ...nothing },
  });
  await mkdir(workspace.context);
  const directory = workspace.repository;
  await execGit(['worktree', 'add', '--quiet', workspace.tree, 'orch-proof'], { directory });
  if (overlay !== null && overlay.files.length > 0) {
    const paths = ['--pathspec-from-file=-', '--pathspec-file-nul'];
    const take = ['--literal-pathspecs', '-C', workspace.tree, 'checkout', '--quiet', '--no-overlay'];
    await execGit([...take, overlay.sha, ...paths], { input: overlay.files.join('\0') });
  }
  return workspace;
}

/** The files in which two commits differ; a renamed one counts as taken away and added. */
export async function changedBetween(store: Store, base: string, head: string): Promise<string[]> {
  return await differing(store, ['--no-renames', base, head]);
}

/** The files that a commit takes away from another; one that is only moved, and much the same, is not gone. */
export async function deletedBetween(store: Store, base: string, head: string): Promise<string[]> {
  return await differing(store, ['-M', '--diff-filter=D', base, head]);
}

async function differing({ directory }: Store, how: readonly string[]): Promise<string[]> {
  const names = await execGit(['diff-tree', '-r', '-z', '--name-only', ...how], { directory });
  return names.split('\0').filter(path => path !== '');
}

/** Where two commits part; null when they have nothing in common. */
export async function partingOf({ directory }: Store, one: string, other: string): Promise<string | null> {
  const found = await execGit(['merge-base', one, other], { directory }).catch(() => '');
  return found === '' ? null : found;
}

/** Whether commits were merged on the way from one commit to another. */
export async function holdsMerges({ directory }: Store, from: string, to: string): Promise<boolean> {
  const range = ['rev-list', '--merges', '--max-count=1', `${from}..${to}`];
  return (await execGit(range, { directory })) !== '';
}

const FILE = { time: 30_000, output: 1024 * 1024 };

/** Reads files at the top of a commit, of a megabyte at most; null where there is no such file. */
export async function filesOf(
  { directory }: Store,
  commit: string,
): Promise<(path: string) => Promise<string | null>> {
  const names = (await execGit(['ls-tree', '-z', '--name-only', commit], { directory })).split('\0');
  return async path =>
    names.includes(path)
      ? await execGit(['cat-file', 'blob', `${commit}:${path}`], { directory, most: FILE }).catch(() => null)
      : null;
}

import { OrchError } from '../shared/errors.ts';
import { shorten, stripControl } from '../shared/text.ts';
import { execGit } from './git.ts';
import type { AsAgent } from './rescue.ts';
import type { Store } from './store.ts';

/** The snapshot of a worktree at a commit in which nothing is changed; `by` is who snapshots are by, as git's environment. */
export function snapshotOf(
  { directory }: Store,
  commit: string,
  by: Record<string, string>,
): Promise<string> {
  const args = ['commit-tree', '-p', commit, '-m', 'Checkpoint', `${commit}^{tree}`];
  return execGit(args, { directory, env: by });
}

/** What was checked out when the snapshot was made. */
export function parentOf({ directory }: Store, snapshot: string): Promise<string> {
  return execGit(['rev-parse', '--verify', `${snapshot}^`], { directory });
}

/**
 * Brings an agent's worktree back to a snapshot, as the agent would: branch, committed and uncommitted files. It must be
 * as the snapshot `from` now; files that are in neither of the two can't be had back, and stay. Repeating it does no harm.
 * Errors: E_CHECKPOINT.
 */
export async function restoreSnapshot(
  asAgent: AsAgent,
  { from, to, parent, branch }: { from: string; to: string; parent: string; branch: string },
): Promise<void> {
  // Left by a git that was killed with its agent.
  const lock = await git(asAgent, ['rev-parse', '--git-path', 'index.lock']);
  await asAgent('rm', ['-f', '--', lock]);
  await git(asAgent, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  await git(asAgent, ['read-tree', '--reset', from]);
  await git(asAgent, ['read-tree', '--reset', '-u', to]);
  await git(asAgent, ['update-ref', `refs/heads/${branch}`, parent]);
  // What was not committed then is not committed now.
  await git(asAgent, ['reset', '--quiet']);
}

/** Hooks and monitors have had their say while the agent lived. */
const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];

async function git(asAgent: AsAgent, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await asAgent('git', [...WITHOUT_HOOKS, ...args]);
  if (exitCode === 0) return stdout;
  const said = shorten(stripControl(stderr).trim(), 500);
  throw new OrchError('E_CHECKPOINT', `The worktree can't be brought back: git ${args[0]}: ${said}`);
}

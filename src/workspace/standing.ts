import { stripControl } from '../shared/text.ts';
import { type AsAgent, WITHOUT_HOOKS } from './rescue.ts';

/** Why a worktree does not hold this commit and nothing else, as its agent's git tells it; null when it does. */
export async function differenceFrom(asAgent: AsAgent, commit: string): Promise<string | null> {
  const head = await asAgent('git', [...WITHOUT_HOOKS, 'rev-parse', '--verify', '--quiet', 'HEAD']);
  if (head.exitCode !== 0) return 'no commit is checked out in its workspace';
  if (head.stdout !== commit) return 'another commit than the pushed one is checked out in its workspace';
  const status = await asAgent('git', [
    ...WITHOUT_HOOKS,
    'status',
    '--porcelain',
    '--untracked-files=normal',
  ]);
  if (status.exitCode !== 0) return `git status exited with ${status.exitCode}`;
  if (status.stdout === '') return null;
  const [first = '', ...more] = stripControl(status.stdout).split('\n');
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `changes in its workspace are not committed: ${first.slice(3)}${others}`;
}

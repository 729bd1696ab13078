import type { Io } from './broker-client.ts';
import { createPullRequest } from './pull-request.ts';

/** Stands in for GitHub's gh in the worktree: `gh pr create` works as there, through the broker; nothing else does. */
export async function gh(args: readonly string[], io: Io): Promise<number> {
  const rest = afterPrCreate(args);
  if (rest !== null) return createPullRequest(rest, io);
  io.warn(`In an Orch workspace gh can do one thing: gh pr create. You asked for: gh ${args.join(' ')}
The task holds what the issue says, git log the history. To push, run: git push
`);
  return 1;
}

// gh takes --repo before the command as well.
function afterPrCreate(args: readonly string[]): string[] | null {
  const at = args.findIndex((word, index) => word === 'pr' && args[index + 1] === 'create');
  const before = args.slice(0, at);
  const onlyRepository = at === 0 || /^(-R|--repo)( |=)\S+$/.test(before.join(' '));
  return at >= 0 && onlyRepository ? [...before, ...args.slice(at + 2)] : null;
}

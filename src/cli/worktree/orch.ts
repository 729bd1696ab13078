import { ask, type Io } from './broker-client.ts';
import { checkpoint } from './checkpoint.ts';
import { createPullRequest } from './pull-request.ts';

const USAGE = `Usage: orch pr create [-t TITLE] [-b BODY | -F FILE] [-B BASE] [-d]   push HEAD and open the pull request
       orch checkpoint [NOTE]                                        keep all files as they are now, as before a risky step
       orch done [SUMMARY]                                           say that the task is done
`;

/** The commands that an agent has of Orch in its worktree. */
export async function orch(args: readonly string[], io: Io): Promise<number> {
  const [first, second, ...rest] = args;
  if (first === 'pr' && second === 'create') return createPullRequest(rest, io);
  if (first === 'checkpoint') return checkpoint(args.slice(1), io);
  if (first === 'done') {
    await ask(io, { kind: 'done', summary: args.slice(1).join(' ') || null });
    return 0;
  }
  const asked = first === '--help' || first === '-h' || first === 'help';
  if (asked) io.print(USAGE);
  else io.warn(USAGE);
  return asked ? 0 : 1;
}

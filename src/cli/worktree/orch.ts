import { WORKTREE } from '../../help/worktree.ts';
import type { Io } from './broker-client.ts';
import { checkpoint } from './checkpoint.ts';
import { readContext } from './context.ts';
import { serveMcp } from './mcp.ts';
import { readPlan } from './plan.ts';
import { createPullRequest } from './pull-request.ts';
import { askPeople, sayDone, tellPlan, tellProgress } from './talk.ts';

const USAGE = `Usage:
${Object.values(WORKTREE)
  .map(({ usage, description }) => `  orch ${usage.padEnd(56)} ${description.replaceAll('`', '')}\n`)
  .join('')}`;

/** Nobody has answered, and the turn is to end: neither an answer nor a failure. */
const UNANSWERED = 3;

/** The commands that an agent has of Orch in its worktree. */
export async function orch(args: readonly string[], io: Io): Promise<number> {
  const [first, second, ...rest] = args;
  const text = args.slice(1).join(' ');
  if (first === 'pr' && second === 'create') return createPullRequest(rest, io);
  switch (first) {
    case 'checkpoint':
      return checkpoint(args.slice(1), io);
    case 'ask': {
      const { answered, text: told } = await askPeople(io, text);
      io.print(`${told}\n`);
      return answered ? 0 : UNANSWERED;
    }
    case 'progress':
      await tellProgress(io, text);
      return 0;
    case 'context':
      io.print(`${await readContext(io, args[1])}\n`);
      return 0;
    case 'plan':
      io.print(`${await tellPlan(io, await readPlan(args.slice(1), io))}\n`);
      return 0;
    case 'done':
      await sayDone(io, text || null);
      return 0;
    case 'mcp':
      return serveMcp(io);
    case 'help':
    case '--help':
    case '-h':
      io.print(USAGE);
      return 0;
    default:
      io.warn(USAGE);
      return 1;
  }
}

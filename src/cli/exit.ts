import { type Command, CommanderError } from 'commander';
import { describeError, type ErrorCode, OrchError } from '../shared/errors.ts';

/** What the exit codes of commands mean. */
export const EXITS = {
  0: 'done',
  1: 'what was asked about has failed: the task, a check; or Orch itself has',
  2: 'used wrongly: an option, an argument, a name that is not there',
  3: 'no daemon answers',
  4: 'refused: the task, the queue or the repository is not in a state for it, or one may not',
  5: 'the machine or the settings lack something',
  130: 'interrupted with Ctrl-C',
} as const;

type Exit = keyof typeof EXITS;

/** The exit code of each error. */
export const EXIT_OF = {
  E_NODE_VERSION: 5,
  E_SETTINGS: 5,
  E_REPOSITORY_SETTINGS: 5,
  E_WEBHOOK_SECRET: 5,
  E_PRIVATE_KEY: 5,
  E_APP_ID: 5,
  E_UNSANDBOXED: 5,
  E_SANDBOX_UNAVAILABLE: 5,
  E_LIMITS_UNAVAILABLE: 5,
  E_MISSING_PROGRAM: 5,
  E_AGENT_NOT_READY: 5,
  E_PROGRAM_FAILED: 5,
  E_PORT_TAKEN: 5,
  E_SECOND_DAEMON: 5,
  E_DATABASE_NEWER: 5,
  E_DATABASE: 5,
  E_DATABASE_DAMAGED: 5,
  E_BACKUP: 5,
  E_DISK_FULL: 5,
  E_HOME: 5,
  E_CONTEXT: 5,
  E_PATH_TOO_LONG: 5,
  E_UNAUTHORIZED: 4,
  E_FORBIDDEN: 4,
  E_NO_ACCESS: 4,
  E_TOKENS: 5,
  E_NO_DAEMON: 3,
  E_OTHER_VERSION: 4,
  E_UNKNOWN_TASK: 2,
  E_UNKNOWN_REPOSITORY: 2,
  E_UNKNOWN_ISSUE: 2,
  E_UNKNOWN_AGENT: 2,
  E_CAPABILITY: 2,
  E_TASK_STATE: 4,
  E_TASK_OVER: 4,
  E_SAID_TOO_MUCH: 4,
  E_TASK_FILE: 2,
  E_CYCLE: 2,
  E_STACK: 4,
  E_QUEUE_FULL: 4,
  E_BUSY: 4,
  E_INTERNAL: 1,
  E_USAGE: 2,
  E_INPUT: 2,
  E_BRANCH_REFUSED: 4,
  E_PUSH_REFUSED: 4,
  E_RUN_ENDED: 4,
  E_CHECKPOINT: 4,
  E_PLAN: 4,
  E_EMPTY_REPOSITORY: 5,
  E_NO_REPOSITORY: 5,
  E_DETACHED_HEAD: 5,
  E_MERGE: 4,
  E_UNKNOWN_BASE: 2,
  E_GITHUB_AWAY: 5,
  E_ACCESS_LOST: 4,
  E_FORK: 4,
  E_NO_AGENT: 5,
  E_GITHUB: 5,
  E_WORKFLOW: 5,
  E_PROMPT_TOO_LONG: 5,
} as const satisfies Record<ErrorCode, Exit>;

/**
 * Ends the command as the error says: one line on standard error, as JSON for who asked for JSON, and the exit code of its
 * kind. Help and version come as errors too, and are none.
 */
export function endWith(error: unknown, program: Command): void {
  if (error instanceof CommanderError && error.exitCode === 0) return;
  const told = error instanceof CommanderError ? misuse(error, program) : error;
  const exit = told instanceof OrchError ? EXIT_OF[told.code] : 1;
  process.exitCode = exit;
  if (error instanceof CommanderError && error.code === 'commander.help') return;
  console.error(process.argv.includes('--json') ? asJson(told, exit) : describeError(told));
}

/** What commander found wrong, in one sentence. */
function misuse({ message }: CommanderError, program: Command): OrchError {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replace(/^./, first => first.toUpperCase());
  const command = program.commands.find(each => process.argv.slice(2).includes(each.name()));
  const remedy = `See: ${[program.name(), command?.name(), '--help'].filter(Boolean).join(' ')}`;
  return new OrchError('E_USAGE', sentence, { remedy });
}

function asJson(error: unknown, exit: number): string {
  const { code, message, remedy } = error instanceof OrchError ? error : asInternal(error);
  return JSON.stringify({ code, message, remedy, exit });
}

function asInternal(error: unknown): OrchError {
  return new OrchError('E_INTERNAL', describeError(error));
}

import { redactShapes } from './secrets/secrets.ts';

/**
 * Every way in which Orch says no. A message tells what happened, the remedy tells the next step;
 * docs/errors.md lists each code, and a test compares the two.
 */
export const ERRORS = {
  E_NODE_VERSION: 'Install Node 24 or newer.',
  E_SETTINGS: 'Correct the file at the line named, then start again.',
  E_REPOSITORY_SETTINGS: 'Correct .github/orch.yml on the default branch.',
  E_WEBHOOK_SECRET: 'Set WEBHOOK_SECRET to at least 32 random characters: openssl rand -hex 32',
  E_PRIVATE_KEY: 'Set PRIVATE_KEY, or PRIVATE_KEY_PATH to the .pem file that GitHub gave for the App.',
  E_APP_ID: 'Set APP_ID to the number on the App settings page of GitHub.',
  E_UNSANDBOXED:
    'Put `kind: auto` under `sandbox` in orch.yaml, or `allow_unsandboxed: true` if you accept that agents run as your user.',
  E_SANDBOX_UNAVAILABLE:
    'See what the host lacks with: orch doctor. The task starts by itself once it is there.',
  E_LIMITS_UNAVAILABLE: 'Let Orch make control groups, or take the limit out of orch.yaml; see: orch doctor',
  E_MISSING_PROGRAM: 'Install the program, then retry the task.',
  E_AGENT_NOT_READY: 'See what each agent lacks with: orch agents --check; then retry the task.',
  E_PROGRAM_FAILED: 'Read what the program printed, mend it, then try again.',
  E_PORT_TAKEN: 'Stop the other program, or set PORT to a free one.',
  E_SECOND_DAEMON: 'Another daemon owns this ORCH_HOME. Use it, stop it, or set ORCH_HOME to another folder.',
  E_DATABASE_NEWER: 'Install the Orch release that wrote the database, or a newer one.',
  E_DATABASE: 'Check the disk and the permissions of ORCH_HOME.',
  E_DATABASE_DAMAGED: 'Put a backup in its place: orch restore lists them.',
  E_BACKUP: 'Make room there, or set `backups.directory` to a folder that Orch can write to.',
  E_DISK_FULL: 'Make room, or lower `limits.host_disk_free_mb`; what waits goes on by itself.',
  E_HOME: 'Give ORCH_HOME a folder that your user can write to.',
  E_CONTEXT:
    'Give it a folder that Orch can write to, and no link: see `context.directory`. It is tried again by itself.',
  E_PATH_TOO_LONG: 'Set ORCH_HOME to a shorter path: unix sockets allow about 100 characters.',
  E_UNAUTHORIZED: 'Send a token: Authorization: Bearer …; whoever runs Orch makes one with: orch tokens add',
  E_FORBIDDEN: 'Use a token with the role that is needed, from the machine that Orch runs on.',
  E_TOKENS: 'Correct the tokens file, or make a new one with: orch tokens add',
  E_NO_DAEMON: 'Start it with: orch start (in a repository), or orch serve (the GitHub App).',
  E_OTHER_VERSION: 'Restart it: orch stop, then orch start.',
  E_UNKNOWN_TASK: 'List the tasks with: orch tasks',
  E_UNKNOWN_REPOSITORY:
    'Name a repository as owner/name where the App is installed and the server lets it work.',
  E_UNKNOWN_ISSUE: 'Name an issue or a pull request that is there.',
  E_UNKNOWN_AGENT: 'Name one of the agents in orch.yaml.',
  E_CAPABILITY: 'Ask without it, or add it to the `capabilities` of an agent in orch.yaml.',
  E_TASK_STATE: 'See the state of the task with: orch show',
  E_TASK_OVER:
    'To go on, comment `/orch` and what is to be done, on its pull request if there is one; or retry the task.',
  E_SAID_TOO_MUCH: 'Say less, or wait until the agent has heard the rest: 32,000 characters may wait.',
  E_TASK_FILE: 'Correct the file at the line named; nothing of it was queued.',
  E_CYCLE: 'Take one of these dependencies out; nothing was queued.',
  E_STACK: 'Merge one of their pull requests, or have one branch hold the other, then retry the task.',
  E_QUEUE_FULL: 'Wait until tasks are done, cancel some, or raise task_queue.max_size.',
  E_BUSY: 'End some of them, then try again.',
  E_INTERNAL: 'See logs/orch.log in ORCH_HOME, and tell us of it.',
  E_USAGE: 'See: orch --help',
  E_INPUT: 'Correct the input under `with:` in the workflow.',
  E_BRANCH_REFUSED: "Push the run's own branch: git push",
  E_PUSH_REFUSED: 'Read the reason, mend it, then push again.',
  E_RUN_ENDED: 'The run was cancelled or replaced; nothing more of it is taken.',
  E_CHECKPOINT: 'List the checkpoints with: orch checkpoints; the agent or a person may make another.',
  E_PLAN: 'See the plan and how it stands with: orch show',
  E_EMPTY_REPOSITORY: 'Push a first commit, then comment again.',
  E_NO_REPOSITORY: 'Go to a folder in a git repository with files: git clone, or git init.',
  E_DETACHED_HEAD: 'Switch to a branch (git switch NAME), or name one with --base.',
  E_MERGE: 'Mend what is named, then merge again; nothing was changed.',
  E_UNKNOWN_BASE: 'Name a branch that exists on GitHub with --base.',
  E_GITHUB_AWAY: 'Nothing: Orch tries again by itself until GitHub answers.',
  E_NO_ACCESS: 'Have somebody ask who may command in that repository.',
  E_ACCESS_LOST: 'Somebody who may command retries the task, and answers for it from then on.',
  E_FORK: 'Push the branch to the repository itself, and ask there.',
  E_NO_AGENT: 'Whoever runs Orch adds an agent with a command to orch.yaml.',
  E_GITHUB: 'GitHub refused; the message says why.',
  E_WORKFLOW:
    'Put docs/workflows/execute.yml on the default branch, and let the App write `actions`; then retry the task.',
  E_PROMPT_TOO_LONG: 'Use `prompt: file` or `prompt: stdin` for this profile.',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error a person can act on: `code` is in docs/errors.md, `remedy` is the next step, `cause` what lay beneath. */
export class OrchError extends Error {
  override readonly name = 'OrchError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; remedy?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy ?? ERRORS[code];
  }
}

/** One line for people: `E_CODE: what happened. Next step`; other errors give their message alone. No token is in it. */
export function describeError(error: unknown): string {
  if (error instanceof OrchError)
    return redactShapes(`${error.code}: ${sentence(error.message)} ${error.remedy}`);
  return redactShapes(error instanceof Error ? error.message : String(error));
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Failures that trying again can't mend: the task fails at once and says what to do. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  'E_MISSING_PROGRAM',
  'E_AGENT_NOT_READY',
  'E_EMPTY_REPOSITORY',
  'E_UNKNOWN_BASE',
  'E_STACK',
  'E_PROMPT_TOO_LONG',
  'E_PATH_TOO_LONG',
  'E_UNKNOWN_AGENT',
  'E_PUSH_REFUSED',
  'E_PLAN',
  'E_SETTINGS',
  'E_GITHUB',
  'E_ACCESS_LOST',
  'E_WORKFLOW',
]);

/** What the host lacks, or GitHub withholds: the task waits for it, and it counts as no try. */
const HOST: ReadonlySet<ErrorCode> = new Set([
  'E_SANDBOX_UNAVAILABLE',
  'E_LIMITS_UNAVAILABLE',
  'E_GITHUB_AWAY',
  'E_DISK_FULL',
]);

/** Whether a task that meets it fails at once and says what to do. */
export function isPermanent(error: unknown): boolean {
  return error instanceof OrchError && PERMANENT.has(error.code);
}

export function isOfHost(error: unknown): boolean {
  return error instanceof OrchError && HOST.has(error.code);
}

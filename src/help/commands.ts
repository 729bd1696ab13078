/** A command as all helps tell it. */
export interface Help {
  /** What is written, after `/orch` or `orch`. */
  usage: string;
  description: string;
  /** Whole commands that work. */
  examples: readonly string[];
  who: Who;
}

/** Who can use a command, in the words of the helps. */
export type Who = 'who may command' | 'the agent of a run' | "Orch's user" | 'anybody';

/** What each of them means. */
export const WHO: Readonly<Record<Who, string>> = {
  'who may command':
    "people with write access to the repository, as far as its settings and the server's say nothing else",
  'the agent of a run': 'who works in its worktree: the commands speak to the socket of that run alone',
  "Orch's user": 'the user that the daemon runs as: its home folder and its socket are closed to others',
  anybody: 'whoever is on the machine',
};

/** The command without a sub-command. */
export const INSTRUCTION = comment(
  'INSTRUCTION',
  'starts a task: an agent does it and opens a pull request',
  '/orch fix the failing test',
  '/orch --agent claude --priority high fix the date parser',
);

/** What may follow `/orch` in a comment. */
export const SUBCOMMANDS = {
  status: comment(
    'status [TASK]',
    'tells how the tasks here stand, or one of them',
    '/orch status',
    '/orch status T42',
  ),
  say: comment(
    'say [TASK] TEXT',
    'tells the agent something, or answers what it asks',
    '/orch say use the new API',
    '/orch say T42 yes, and drop the old one',
  ),
  approve: comment(
    'approve [TASK] [--budget AMOUNT]',
    'has a plan carried out that waits for it, within a budget',
    '/orch approve',
    '/orch approve T42 --budget 2usd',
  ),
  prove: comment(
    'prove [TASK]',
    'runs the tests of a pull request once more, on its base and on its work, and says how to see the same',
    '/orch prove',
    '/orch prove T42',
  ),
  pause: comment(
    'pause [TASK]',
    'stops the agent of a task, which keeps its work and its place',
    '/orch pause',
  ),
  resume: comment('resume [TASK]', 'lets a paused task go on where it stopped', '/orch resume T42'),
  cancel: comment('cancel [TASK]', 'stops a task; what it has pushed stays on its branch', '/orch cancel'),
  retry: comment(
    'retry [TASK]',
    'tries a task again that failed, was escalated or cancelled',
    '/orch retry T42',
  ),
  rollback: comment(
    'rollback [TASK] [N]',
    'brings branch and files back to a checkpoint, and pauses the task',
    '/orch rollback',
    '/orch rollback T42 2',
  ),
  help: comment('help', 'shows this', '/orch help'),
} satisfies Record<string, Help>;

/** Kept for later releases, so that no instruction of today means something else tomorrow. */
export const RESERVED = ['logs', 'revert'];

function comment(usage: string, description: string, ...examples: string[]): Help {
  return { usage, description, examples, who: 'who may command' };
}

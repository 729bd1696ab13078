/** Sub-commands that work, with what they take and do. */
export const SUBCOMMANDS = {
  status: ['status [TASK]', 'tells how the tasks here stand, or one of them'],
  say: ['say [TASK] TEXT', 'tells the agent something, or answers what it asks'],
  pause: ['pause [TASK]', 'stops the agent of a task, which keeps its work and its place'],
  resume: ['resume [TASK]', 'lets a paused task go on where it stopped'],
  cancel: ['cancel [TASK]', 'stops a task; what it has pushed stays on its branch'],
  retry: ['retry [TASK]', 'tries a task again that failed, was escalated or cancelled'],
  rollback: ['rollback [TASK] [N]', 'brings branch and files back to a checkpoint, and pauses the task'],
  help: ['help', 'shows this'],
} as const;

/** Kept for later releases, so that no instruction of today means something else tomorrow. */
export const RESERVED = ['logs', 'approve', 'revert', 'prove'];

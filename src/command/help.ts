import { OPTIONS } from './options.ts';

/** Sub-commands that work, with what they take and do. */
export const SUBCOMMANDS = {
  status: ['status [TASK]', 'tells how the tasks here stand, or one of them'],
  say: ['say [TASK] TEXT', 'tells the agent something, or answers what it asks'],
  cancel: ['cancel [TASK]', 'stops a task; what it has pushed stays on its branch'],
  retry: ['retry [TASK]', 'tries a task again that failed, was escalated or cancelled'],
  rollback: ['rollback [TASK] [N]', 'brings branch and files back to a checkpoint, and pauses the task'],
  help: ['help', 'shows this'],
} as const;

/** Kept for later releases, so that no instruction of today means something else tomorrow. */
export const RESERVED = ['pause', 'resume', 'logs', 'approve', 'revert', 'prove'];

/** What can be written, in Markdown, each with what it does. */
export const HELP: Record<'commands' | 'options', [usage: string, help: string][]> = {
  commands: [
    ['`/orch INSTRUCTION`', 'starts a task: an agent does it and opens a pull request'],
    ...Object.values(SUBCOMMANDS).map(([usage, help]): [string, string] => [`\`/orch ${usage}\``, help]),
  ],
  options: Object.entries(OPTIONS).map(([flag, { value, help }]) => [`\`--${flag} ${value}\``, help]),
};

/** The answer to `/orch help`. No line of it begins with a command. */
export function helpText(): string {
  const list = (rows: [string, string][]) => rows.map(([usage, help]) => `- ${usage} ${help}`).join('\n');
  return `A command stands at the start of a line:

${list(HELP.commands)}

Options stand before the instruction:

${list(HELP.options)}

The instruction goes on to the next command, or to the end of the comment. ${ENDING} A task is written \`T42\` or \`42\`.`;
}

const ENDING = '`--` ends the options and makes any text an instruction: `/orch -- status page is wrong`.';

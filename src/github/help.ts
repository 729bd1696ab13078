import { SUBCOMMANDS } from '../command/help.ts';
import { OPTIONS } from '../command/options.ts';

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

import { type Help, INSTRUCTION, SUBCOMMANDS, WHO } from '../help/commands.ts';
import { OPTION_HELP, optionUsage } from '../help/options.ts';

/** The answer to `/orch help`. No line of it begins with a command. */
export function helpText(): string {
  return `A command stands at the start of a line:

${[INSTRUCTION, ...Object.values(SUBCOMMANDS)].map(lineOf).join('\n')}

They are for ${WHO[INSTRUCTION.who]}.

Options stand before the instruction:

${Object.entries(OPTION_HELP)
  .map(([flag, [value, help]]) => `- \`${optionUsage(flag, value)}\` ${help}`)
  .join('\n')}

The instruction goes on to the next command, or to the end of the comment. ${ENDING} A task is written \`T42\` or \`42\`.`;
}

function lineOf({ usage, description, examples }: Help): string {
  const [command, example = ''] = [`/orch ${usage}`, examples.at(-1)];
  return `- \`${command}\` ${description}${example === command ? '' : `, such as \`${example}\``}`;
}

const ENDING = '`--` ends the options and makes any text an instruction: `/orch -- status page is wrong`.';

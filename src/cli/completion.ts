import type { Command } from 'commander';
import { OrchError } from '../shared/errors.ts';
import { shellQuote } from '../shared/text.ts';

/** A command, the words that lead to it, and what may stand there. */
interface Node {
  path: readonly string[];
  description: string;
  options: { long: string; takesValue: boolean; description: string }[];
  children: readonly string[];
  takesTask: boolean;
}

const SHELLS = { bash, zsh, fish };

/** `orch completion bash`: the script that has a shell complete the words of this program, made from the program itself. */
export function completion(program: Command, shell: string): void {
  if (!Object.hasOwn(SHELLS, shell))
    throw new OrchError('E_USAGE', `There is no completion for ${JSON.stringify(shell.slice(0, 60))}`, {
      remedy: `Name one of: ${Object.keys(SHELLS).join(', ')}.`,
    });
  process.stdout.write(SHELLS[shell as keyof typeof SHELLS](program.name(), nodesOf(program)));
}

function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const node = {
    path,
    description: command.description(),
    options: command.options.map(({ long, required, description }) => ({
      long: long ?? '',
      takesValue: required,
      description,
    })),
    children: command.commands.map(each => each.name()),
    takesTask: command.registeredArguments[0]?.name() === 'TASK',
  };
  return [node, ...command.commands.flatMap(each => nodesOf(each, [...path, each.name()]))];
}

/** Tasks are asked for when they are needed; without a daemon there are none. */
const tasksOf = (name: string) => `${name} tasks --limit 20 2>/dev/null | sed -n 's/^\\(T[0-9]*\\) .*/\\1/p'`;

function bash(name: string, nodes: readonly Node[]): string {
  const key = ({ path }: Node) => `${path.map(word => `/${word}`).join('')}`;
  const known = nodes.filter(({ path }) => path.length > 0).map(key);
  const cases = nodes.map(node => {
    const options = node.options.map(({ long }) => long).join(' ');
    const names = node.takesTask ? `$(_${name}_tasks)` : node.children.join(' ');
    return `    ${shellQuote(key(node))}) options="${options}" && [[ $cur == -* ]] || names="${names}" ;;`;
  });
  return `# Completion of ${name}
_${name}_tasks() { ${tasksOf(name)}; }
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at= options= names= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $at/\${COMP_WORDS[i]} in
      ${known.join(' | ')}) at=$at/\${COMP_WORDS[i]} ;;
    esac
  done
  case $at in
${cases.join('\n')}
  esac
  [[ $cur == -* ]] && names="$options --help"
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}
complete -o default -F _${name} ${name}
`;
}

/** zsh takes what bash takes, once it is told to. */
function zsh(name: string, nodes: readonly Node[]): string {
  const setup = ['compinit', 'bashcompinit'].map(part => `autoload -U +X ${part} && ${part}\n`).join('');
  return setup + bash(name, nodes);
}

function fish(name: string, nodes: readonly Node[]): string {
  const lines = nodes.flatMap(node => {
    const when = conditionOf(node);
    const line = (rest: string, description: string) =>
      `complete -c ${name} -n ${shellQuote(when)} ${rest} -d ${shellQuote(description)}`;
    const children = nodes.filter(
      ({ path }) => path.length === node.path.length + 1 && node.path.every((word, at) => word === path[at]),
    );
    return [
      ...children.map(child => line(`-a ${child.path.at(-1)}`, child.description)),
      ...(node.takesTask ? [line(`-a ${shellQuote(`(${tasksOf(name)})`)}`, 'task')] : []),
      ...node.options.map(({ long, takesValue, description }) =>
        line(`-l ${long.replace(/^--/, '')}${takesValue ? ' -r' : ''}`, description),
      ),
    ];
  });
  return `# Completion of ${name}\ncomplete -c ${name} -f\n${lines.join('\n')}\n`;
}

function conditionOf({ path, children }: Node): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map(word => `__fish_seen_subcommand_from ${word}`);
  const none = children.length === 0 ? [] : [`not __fish_seen_subcommand_from ${children.join(' ')}`];
  return [...seen, ...none].join('; and ');
}

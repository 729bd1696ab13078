import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { TAKES } from '../src/action/inputs.ts';
import { EXIT_OF, EXITS } from '../src/cli/exit.ts';
import { ENVIRONMENT } from '../src/config/environment.ts';
import { repositorySettings } from '../src/config/repository.ts';
import { serverSettings } from '../src/config/schema.ts';
import { type Shape, shapeOf } from '../src/config/yaml.ts';
import { type Help, INSTRUCTION, SUBCOMMANDS, WHO } from '../src/help/commands.ts';
import { OPTION_HELP, optionUsage } from '../src/help/options.ts';
import { PROGRAM } from '../src/help/program.ts';
import { WORKTREE } from '../src/help/worktree.ts';
import { createProgram } from '../src/program.ts';
import { type Effect, EVENTS, PEOPLE, type Standing } from '../test/github/rights/expected.ts';
import { faults } from './faults.ts';

/** The pages that hold tables made from the code. `node script/docs.ts` brings them up to date. */
export const PAGES = [
  'docs/agents.md',
  'docs/commands.md',
  'docs/errors.md',
  'docs/settings.md',
  'docs/reliability.md',
  'docs/security.md',
  'action/README.md',
];

/** The page with the tables between `<!-- table: name -->` and `<!-- end -->` made anew. */
export function withTables(page: string): string {
  return page.replace(
    /(<!-- table: (\w+) -->\n).*?(<!-- end -->)/gs,
    (_, start: string, name: string, end: string) => {
      const rows = TABLES[name];
      if (!rows) throw new Error(`There is no table ${name}`);
      return `${start}\n${table(rows())}\n${end}`;
    },
  );
}

const TABLES: Record<string, () => string[][]> = {
  commands: () => [
    ['Command', 'What it does', 'Examples', 'Who can use it'],
    ...[INSTRUCTION, ...Object.values(SUBCOMMANDS)].map(help => [
      code(`/orch ${help.usage}`),
      help.description,
      ...examplesAndWho(help),
    ]),
  ],
  worktree: () => [
    ['Command', 'What it does', 'Examples'],
    ...Object.values<Help>(WORKTREE).map(({ usage, description, examples }) => [
      code(`orch ${usage}`).replaceAll('|', '\\|'),
      description,
      examples.map(code).join('<br>'),
    ]),
  ],
  options: () => [
    ['Option', 'What it is'],
    ...Object.entries(OPTION_HELP).map(([flag, [value, help]]) => [code(optionUsage(flag, value)), help]),
  ],
  program: () => [['Command', 'Options', 'What it does', 'Examples', 'Who can use it'], ...programRows()],
  who: () => [['Who', 'Who that is'], ...Object.entries(WHO)],
  exits: () => [
    ['Exit code', 'What it means', 'Errors'],
    ...Object.entries(EXITS).map(([exit, means]) => [exit, means, errorsOf(Number(exit))]),
  ],
  server: () => [HEAD, ...settings(shapeOf(serverSettings), '', false)],
  repository: () => [HEAD, ...settings(shapeOf(repositorySettings), '', false)],
  faults: () => [
    ['Fault', 'What happens', 'Test'],
    ...faults().map(({ title, happens, file }) => [title, happens.join('; '), code(file)]),
  ],
  people: () => [
    ['Who', 'May command'],
    ...Object.entries(PEOPLE).map(([who, standing]) => [who, STANDINGS[standing]]),
  ],
  events: () => [
    ['What happens', 'What it does'],
    ...Object.entries(EVENTS).map(([event, effect]) => [event, effectOf(effect)]),
  ],
  environment: () => [
    ['Variable', 'What it is'],
    ...ENVIRONMENT.map(([name, text]) => [`\`${name}\``, text]),
  ],
  inputs: () => [
    ['Input', 'Mode', 'Default', 'What it is'],
    ...Object.entries(actionFile().inputs).map(([name, { default: value, description }]) => [
      code(name),
      modesOf(name),
      value === undefined ? '' : code(value),
      description,
    ]),
  ],
  outputs: () => [
    ['Output', 'What it is'],
    ...Object.entries(actionFile().outputs).map(([name, { description }]) => [code(name), description]),
  ],
};

interface ActionFile {
  inputs: Record<string, { description: string; default?: string }>;
  outputs: Record<string, { description: string }>;
}

function actionFile(): ActionFile {
  return parse(readFileSync('action/action.yml', 'utf8'));
}

/** The modes that take an input; empty where all do. */
function modesOf(input: string): string {
  const modes = Object.entries(TAKES).filter(([, names]) => (names as readonly string[]).includes(input));
  return modes.length === Object.keys(TAKES).length ? '' : modes.map(([mode]) => code(mode)).join(', ');
}

/** Each command of the program, with what it takes. */
function programRows(): string[][] {
  const program = createProgram('orch');
  return Object.entries<Help>(PROGRAM).map(([path, help]) => {
    const takes = help.usage.split(' ').slice(1).join(' ');
    const words = takes.replaceAll(/<([^>]*)>/g, '$1').replaceAll('...', '…');
    const flags = optionsOf(program, path.split(' ')).map(code).join(', ').replaceAll('|', '\\|');
    return [code(`orch ${path} ${words}`.trim()), flags, help.description, ...examplesAndWho(help)];
  });
}

function optionsOf(parent: Command, [word, ...below]: readonly string[]): string[] {
  const command = parent.commands.find(each => each.name() === word);
  if (command && below.length > 0) return optionsOf(command, below);
  return (command?.options ?? []).filter(({ long }) => long !== '--json').map(({ flags }) => flags);
}

function examplesAndWho({ examples, who }: Help): string[] {
  return [examples.map(code).join('<br>'), who];
}

function errorsOf(exit: number): string {
  const codes = Object.entries(EXIT_OF).filter(([, each]) => each === exit);
  return codes.map(([error]) => code(error)).join(', ');
}

const STANDINGS: Record<Standing, string> = {
  yes: 'yes',
  refused: 'no, and is told so',
  ignored: 'no',
  later: 'not until GitHub answers',
};

function effectOf(effect: Effect | Record<string, Effect>): string {
  if (typeof effect === 'string') return effect === 'nothing' ? 'nothing' : `${effect} a task`;
  if (Object.values(effect).every(each => each === 'nothing')) return 'nothing, whatever it says';
  return Object.entries(effect)
    .map(([command, each]) => `${command}: ${each}`)
    .join('; ');
}

const HEAD = ['Key', 'Takes', 'Default', 'What it is'];

function table([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

function settings(shape: Shape, prefix: string, isLater: boolean): string[][] {
  return Object.entries(shape.properties ?? {}).flatMap(([key, child]) => {
    const path = `${prefix}${key}`;
    const later = isLater || child.later === true;
    if (child.properties) return settings(child, `${path}.`, later);
    const each = child.additionalProperties || {};
    if (each.properties) return settings(each, `${path}.NAME.`, later);
    return [
      [`\`${path}\``, takes(child), defaultOf(child), `${child.description ?? ''}${note(child, later)}`],
    ];
  });
}

function note({ later }: Shape, isLater: boolean): string {
  if (isLater) return ' Not used by this release.';
  return Array.isArray(later) ? ` Not used by this release: ${later.map(code).join(', ')}.` : '';
}

function takes(shape: Shape): string {
  const type = [shape.type].flat().find(each => each !== 'null');
  if (shape.enum) return shape.enum.map(code).join(', ');
  if (shape.anyOf)
    return shape.anyOf
      .filter(each => each.type !== 'null')
      .map(takes)
      .join(' or ');
  if (type === 'integer') return `${shape.minimum} to ${shape.maximum}`;
  if (type === 'array') return `list${shape.items?.type === 'integer' ? ' of numbers' : ''}`;
  const words: Record<string, string> = {
    boolean: '`true`, `false`',
    number: 'number',
    object: 'names with texts',
    string: 'text',
  };
  return words[type ?? ''] ?? 'anything';
}

function defaultOf({ default: value }: Shape): string {
  return value === undefined || value === null ? '' : code(JSON.stringify(value));
}

function code(value: unknown): string {
  return `\`${value}\``;
}

if (import.meta.main) {
  for (const page of PAGES) writeFileSync(page, withTables(readFileSync(page, 'utf8')));
}

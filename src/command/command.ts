import { RESERVED, SUBCOMMANDS } from '../help/commands.ts';
import { OPTION_HELP } from '../help/options.ts';
import type { Amount } from '../shared/amounts.ts';
import { nearest } from '../shared/nearest.ts';
import { shorten, unquote } from '../shared/text.ts';
import { parseTaskName } from '../task/glossary.ts';
import { isOption, joinOptions, type RunOptions, readOption } from './options.ts';

export type Command =
  | { kind: 'run'; instruction: string; options: RunOptions }
  | { kind: 'status'; task: number | null }
  | { kind: 'pause' | 'resume' | 'cancel' | 'retry'; task: number | null }
  | { kind: 'approve'; task: number | null; budget: Amount | null }
  | { kind: 'prove'; task: number | null }
  | { kind: 'say' | 'rollback'; task: number | null; text: string }
  | { kind: 'help' };

/** What is answered at once, in Markdown; nothing is queued. */
type Reply = { kind: 'reply'; text: string };

export type Parsed = Command | Reply;

/**
 * Reads what follows `/orch`, up to the next command. The first line may begin with options and end with them;
 * all the rest, the lines below included, is the instruction as it was written.
 */
export function parseCommand(text: string): Parsed {
  const [line = '', ...below] = text.split('\n');
  const leading = takeOptions(LEADING, line.trim(), {});
  if ('kind' in leading) return leading;
  const plain = /^--(?=\s|$)/.test(leading.rest);
  const subcommand = plain ? null : parseSubcommand(leading.rest, below, leading.options);
  if (subcommand) return subcommand;
  const taken = plain
    ? { ...leading, rest: leading.rest.slice(2) }
    : takeOptions(TRAILING, leading.rest, leading.options);
  if ('kind' in taken) return taken;
  const instruction = unquote([taken.rest, ...below].join('\n').trim());
  if (instruction !== '') return { kind: 'run', instruction, options: taken.options };
  if (text.trim() === '') return { kind: 'help' };
  return reply('The instruction is missing: `/orch fix the failing test`.');
}

// `plan` takes no value.
const LEADING = /^--([^\s=]+)(?:=(\S*)|(?<!^--plan)\s+(?!--)(\S+))?/;
const TRAILING = /\s--(plan$|[a-z]+(?=[=\s]))(?:(?:=|\s+)(\S+))?$/;

/**
 * Takes options off one end of the line. Before the instruction whatever looks like an option must be one;
 * after it only what is one: `fix the --verbose flag` stays as it is.
 */
function takeOptions(
  end: RegExp,
  line: string,
  before: RunOptions,
): Reply | { rest: string; options: RunOptions } {
  let rest = line;
  let options = before;
  for (;;) {
    const [token = '', flag = '', attached, separate] = end.exec(rest) ?? [];
    const value = unquote(attached ?? separate ?? '');
    const option = readOption(flag, value);
    if (token === '' || (end === TRAILING && !option)) return { rest, options };
    if (!option) return refuseOption(flag, value);
    const joined = joinOptions(options, option);
    if (!joined) return reply(`\`--${flag}\` is there twice.`);
    options = joined;
    rest = (end === LEADING ? rest.slice(token.length) : rest.slice(0, -token.length)).trim();
  }
}

function refuseOption(flag: string, value: string): Reply {
  if (isOption(flag)) {
    const mistake = value === '' ? 'lacks its value' : `can't be ${code(value)}`;
    return reply(`\`--${flag}\` ${mistake}. It takes ${OPTION_HELP[flag][1]}.`);
  }
  const flags = Object.keys(OPTION_HELP);
  const near = nearest(flag, flags);
  const hint = near ? `Did you mean \`--${near}\`?` : `There are \`--${flags.join('`, `--')}\`.`;
  return reply(`${code(`--${flag}`)} is not an option. ${hint} ${asInstruction(`--${flag}`)}`);
}

/** A sub-command, a mistake in one, or null: then it is an instruction. */
function parseSubcommand(line: string, below: string[], options: RunOptions): Parsed | null {
  const first = /^\S*/.exec(line)?.[0] ?? '';
  const rest = line.slice(first.length).trim();
  const task = taskNamed(rest);
  const alone = rest === '' || task !== null;
  const word = first.toLowerCase();
  if (RESERVED.includes(word)) {
    return reply(`\`/orch ${word}\` is not part of this release. ${asInstruction(first)}`);
  }
  if (isSubcommand(word)) {
    if (word === 'approve') return parseApprove(rest, options);
    if (word === 'say') return parseSay(word, [rest, ...below].join('\n').trim(), options);
    if (word === 'rollback') return parseSay(word, rest, options);
    if (!alone || Object.keys(options).length > 0) {
      return reply(`\`/orch ${word}\` takes a task such as \`T42\`, or nothing. ${asInstruction(first)}`);
    }
    return word === 'help' ? { kind: 'help' } : { kind: word, task };
  }
  const near =
    alone && /^[a-z]/.test(word) ? nearest(word, [...Object.keys(SUBCOMMANDS), ...RESERVED]) : null;
  if (!near) return null;
  return reply(`${code(first)} is not a command. Did you mean \`/orch ${near}\`? ${asInstruction(first)}`);
}

/** `T42`, and `--budget` before or after it. */
function parseApprove(text: string, before: RunOptions): Parsed {
  const first = takeOptions(LEADING, text, before);
  const taken = 'kind' in first ? first : takeOptions(TRAILING, ` ${first.rest}`, first.options);
  if ('kind' in taken) return taken;
  const { budget = null, ...others } = taken.options;
  const [named, task] = [taken.rest.trim(), taskNamed(taken.rest.trim())];
  const fits = (named === '' || task !== null) && Object.keys(others).length === 0;
  if (fits) return { kind: 'approve', task, budget };
  return reply(
    `\`/orch approve\` takes a task such as \`T42\`, or nothing, and \`--budget AMOUNT\`. ${asInstruction('approve')}`,
  );
}

/** `T42 TEXT` or TEXT; a bare number is no task here, it is the beginning of what somebody says, or a checkpoint. */
function parseSay(kind: 'say' | 'rollback', said: string, options: RunOptions): Parsed {
  const [named = '', name = ''] = /^(t\w*)[:,]?(?=\s|$)/i.exec(said) ?? [];
  const task = parseTaskName(name);
  const text = unquote((task === null ? said : said.slice(named.length)).trim());
  const fits = kind === 'say' ? text !== '' : /^\d{0,6}$/.test(text);
  if (fits && Object.keys(options).length === 0) return { kind, task, text };
  const takes = kind === 'say' ? 'what to say' : "a checkpoint's number";
  return reply(`\`/orch ${kind}\` takes ${takes}, and no options. ${asInstruction(kind)}`);
}

function isSubcommand(word: string): word is keyof typeof SUBCOMMANDS {
  return Object.hasOwn(SUBCOMMANDS, word);
}

function taskNamed(text: string): number | null {
  return parseTaskName(text.replace(/^#/, ''));
}

function reply(text: string): Reply {
  return { kind: 'reply', text: `${text} \`/orch help\` tells more.` };
}

function asInstruction(word: string): string {
  return `For an instruction that begins so, write ${code(`/orch -- ${word} …`)}.`;
}

/** What someone wrote, as a code span that it can't get out of. */
function code(text: string): string {
  return `\`${shorten(text.replaceAll('`', "'"), 60)}\``;
}

import { describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/worktree/broker-client.ts';
import { orch } from '../../src/cli/worktree/orch.ts';
import { parseCommand } from '../../src/command/command.ts';
import { parseComment } from '../../src/command/comment.ts';
import { helpText } from '../../src/github/help.ts';
import { INSTRUCTION, RESERVED, SUBCOMMANDS } from '../../src/help/commands.ts';
import { OPTION_HELP } from '../../src/help/options.ts';
import { PROGRAM } from '../../src/help/program.ts';
import { WORKTREE } from '../../src/help/worktree.ts';
import { createProgram } from '../../src/program.ts';

describe('the table of commands', () => {
  const all = Object.entries({ run: INSTRUCTION, ...SUBCOMMANDS });

  it.each(all)('%s: its examples are read as that', (kind, { usage, examples }) => {
    if (kind !== 'run') expect(usage.split(' ')[0]).toBe(kind);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(parseComment(example)).toMatchObject([{ kind }]);
  });

  it('names no word twice', () => {
    const words = [...Object.keys(SUBCOMMANDS), ...RESERVED];
    expect(new Set(words).size).toBe(words.length);
    for (const word of RESERVED) expect(parseCommand(word)).toMatchObject({ kind: 'reply' });
  });

  it.each(Object.entries(PROGRAM))(
    'orch %s: its examples are what the program takes',
    (path, { examples }) => {
      for (const example of examples) {
        const [orch = '', ...words] = example.match(/"[^"]*"|\S+/g) ?? [];
        expect(words.join(' ')).toMatch(new RegExp(`^${path.replace(' list', '( list)?')}`));
        expect(commandAt(orch, words).parseOptions(words).unknown).toEqual([]);
      }
    },
  );
});

describe('the answer to /orch help', () => {
  it('tells each command and option that works, and none of later releases', () => {
    for (const { usage, description } of [INSTRUCTION, ...Object.values(SUBCOMMANDS)])
      expect(helpText()).toContain(`- \`/orch ${usage}\` ${description}`);
    for (const [flag, [, help]] of Object.entries(OPTION_HELP))
      expect(helpText()).toMatch(new RegExp(`- \`--${flag}( [A-Z]+)?\` ${help.slice(0, 20)}`));
    for (const word of RESERVED) expect(helpText()).not.toContain(`/orch ${word}`);
  });

  it('says who can use them', () => expect(helpText()).toContain('people with write access'));

  it('holds no command itself', () => expect(parseComment(helpText())).toEqual([]));
});

describe('orch help', () => {
  it('tells of each command what the table says, with its examples', () => {
    for (const [path, { usage, description, examples, who }] of Object.entries(PROGRAM)) {
      if (path === 'help') continue;
      let said = '';
      const command = commandAt('orch', path.split(' '));
      command.configureOutput({ writeOut: text => (said += text) }).outputHelp();
      expect(said.replaceAll(/\s+/g, ' ')).toContain(description);
      expect(usage).toContain(command.name());
      for (const example of examples) expect(said).toContain(`\n  ${example}\n`);
      expect(said).toContain(`For ${who}: `);
    }
  });

  it('has no command beside those of the table', () => {
    const told = createProgram('orch').commands.flatMap(command => {
      const below = command.commands.map(each => `${command.name()} ${each.name()}`);
      return below.length === 0 ? [command.name()] : below;
    });
    expect([...told, 'help']).toEqual(Object.keys(PROGRAM));
  });
});

describe('orch help in a worktree', () => {
  it('tells of each command what the table says', async () => {
    const said: string[] = [];
    const io = { print: (text: string) => void said.push(text) } as unknown as Io;
    expect(await orch(['help'], io)).toBe(0);
    const lines = said.join('').trim().split('\n').slice(1);
    expect(lines).toHaveLength(Object.keys(WORKTREE).length);
    for (const [at, { usage, description }] of Object.values(WORKTREE).entries())
      expect(lines[at]).toMatch(`  orch ${usage.padEnd(56)} ${description.replaceAll('`', '')}`);
  });
});

/** The command that these words lead to. */
function commandAt(name: string, words: readonly string[]) {
  let at = createProgram(name);
  for (const word of words) at = at.commands.find(each => each.name() === word) ?? at;
  return at;
}

import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/command/command.ts';
import { parseComment } from '../../src/command/comment.ts';
import { RESERVED, SUBCOMMANDS } from '../../src/command/help.ts';
import { OPTIONS } from '../../src/command/options.ts';
import { helpText } from '../../src/github/help.ts';

describe('the help', () => {
  it('names each sub-command and option that works, and none of later releases', () => {
    for (const word of Object.keys(SUBCOMMANDS)) expect(helpText()).toContain(`\`/orch ${word}`);
    for (const flag of Object.keys(OPTIONS)) expect(helpText()).toContain(`\`--${flag} `);
    for (const word of RESERVED) expect(helpText()).not.toContain(`/orch ${word}`);
    for (const flag of ['plan', 'parallel', 'agents']) {
      expect(helpText()).not.toContain(`--${flag} `);
    }
  });

  it('lists sub-commands that the parser knows', () => {
    for (const word of Object.keys(SUBCOMMANDS))
      expect(parseCommand(word === 'say' ? 'say it' : word)).toMatchObject({ kind: word });
  });

  it('holds no command itself', () => expect(parseComment(helpText())).toEqual([]));
});

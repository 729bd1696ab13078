import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completion } from '../../src/cli/completion.ts';
import { createProgram } from '../../src/program.ts';
import { runProgram } from '../../src/shared/program.ts';
import { place, printed } from './place.ts';

const program = createProgram('orch');
const script = (home: string, shell: string) => printed(home, async () => completion(program, shell));

describe('orch completion', () => {
  it('has bash complete commands, options and tasks', async () => {
    await using here = await place();
    writeFileSync(join(here.path, 'orch.bash'), await script(here.path, 'bash'));
    const asked = [
      ['de'],
      ['debug', ''],
      ['add', '--pri'],
      ['show', 'T'],
      ['show', '--'],
      ['--config', 'x', 'stat'],
    ];
    const calls = asked.map(
      words =>
        `COMP_WORDS=(orch ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _orch; echo "\${COMPREPLY[@]}"`,
    );
    const orch = 'orch() { printf "TASK  STATE\\nT12   queued\\nT3    failed  T4 \\n"; }';
    const lines = [`source ${join(here.path, 'orch.bash')}`, orch, ...calls];
    expect((await runProgram('bash', ['-c', lines.join('\n')])).split('\n')).toEqual([
      'demo debug',
      'task agent',
      '--priority',
      'T12 T3',
      '--json --help',
      'status',
    ]);
  });

  it('is there for zsh and fish, and knows every command', async () => {
    await using here = await place();
    const [zsh, fish] = [await script(here.path, 'zsh'), await script(here.path, 'fish')];
    expect(zsh).toMatch(/^autoload -U \+X compinit .*\nautoload -U \+X bashcompinit /);
    for (const { name } of program.commands.map(command => ({ name: command.name() })))
      expect([zsh.includes(`'/${name}')`), fish.includes(` -a ${name} -d `)]).toEqual([true, true]);
    expect(fish).toContain(
      "-n '__fish_seen_subcommand_from debug; and not __fish_seen_subcommand_from task agent' -a task -d ",
    );
    expect(fish).toContain("-n '__fish_seen_subcommand_from add' -l agent -r -d ");
    await expect(script(here.path, 'tcsh')).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

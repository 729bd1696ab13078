import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Starts the action's file as a runner does, with nothing else in its environment. */
async function start(inputs: Record<string, string>, env: Record<string, string> = {}) {
  await using folder = await temporaryDirectory();
  const [output, state] = [join(folder.path, 'output'), join(folder.path, 'state')];
  for (const file of [output, state]) writeFileSync(file, '');
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const result = await tryProgram(process.execPath, ['src/action/main.ts'], {
    env: { GITHUB_OUTPUT: output, GITHUB_STATE: state, ...Object.fromEntries(given), ...env },
    extendEnv: false,
  });
  return { ...result, outputs: readFileSync(output, 'utf8'), state: readFileSync(state, 'utf8') };
}

describe('the action', () => {
  it('says in one red line what is wrong with an input, and gives outputs all the same', async () => {
    const { stdout, stderr, exitCode, outputs } = await start({ mode: 'walk', token: 'ghs_1' });
    expect(stdout.split('\n')).toEqual([
      '::add-mask::ghs_1',
      expect.stringMatching(/^::error title=Orch%3A E_INPUT::E_INPUT: `mode` can't be "walk": it is run, /),
    ]);
    expect([stderr, exitCode]).toEqual(['', 1]);
    expect(outputs).toMatch(/^status<<(\S+)\nfailed\n\1$/m);
  });

  it('wants to be started by a runner', async () => {
    const { stdout, exitCode } = await start({ mode: 'run', token: 'ghs_1' });
    expect(stdout).toMatch(/::E_INPUT: The runner does not tell GITHUB_EVENT_NAME, .*start it with `uses:`/);
    expect(exitCode).toBe(1);
  });

  it('does nothing a second time, after the last step', async () => {
    const { state } = await start({ mode: 'walk' });
    expect(state).toMatch(/^begun<</);
    expect(state).not.toContain('ready');
    expect(await start({ mode: 'walk' }, { STATE_begun: 'true' })).toMatchObject({ exitCode: 0, stdout: '' });
  });
});

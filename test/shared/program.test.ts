import { describe, expect, it } from 'vitest';
import { runProgram, tryProgram } from '../../src/shared/program.ts';

describe('a program', () => {
  it('gets its arguments as they are and nothing to read', async () => {
    const { stdout } = await tryProgram('/bin/sh', ['-c', 'printf %s "$1"; cat', 'sh', '$(id); *']);
    expect(stdout).toBe('$(id); *');
  });

  it('that fails is a value to one who asks, and an error with its words to one who needs it', async () => {
    const args = ['-c', 'echo out; echo broken >&2; exit 3'];
    expect(await tryProgram('/bin/sh', args)).toEqual({ stdout: 'out', stderr: 'broken', exitCode: 3 });
    await expect(runProgram('/bin/sh', args)).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
      message: '/bin/sh -c exited with 3: broken',
    });
  });

  it('that printed its complaint as output is quoted as well', async () => {
    await expect(runProgram('/bin/sh', ['-c', 'echo only here; exit 1'])).rejects.toThrow('only here');
  });

  it('that is not there is named', async () => {
    await expect(tryProgram('orch-no-such-program', [])).rejects.toMatchObject({
      code: 'E_MISSING_PROGRAM',
      message: 'orch-no-such-program is not installed, or not on PATH',
    });
  });

  it('that takes too long, or is killed, has failed', async () => {
    await expect(tryProgram('/bin/sh', ['-c', 'exec sleep 60'], { timeout: 50 })).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
    });
    await expect(tryProgram('/bin/sh', ['-c', 'kill -9 $$'])).rejects.toMatchObject({
      code: 'E_PROGRAM_FAILED',
    });
  });
});

import { existsSync } from 'node:fs';
import { execa, type Options } from 'execa';
import { OrchError } from './errors.ts';

export interface ProgramResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Runs a program with an argument array, never a shell. Exit codes other than 0 are returned, so that an expected
 * failure stays a value. Errors: E_MISSING_PROGRAM when it isn't there, E_PROGRAM_FAILED on time-out or signal.
 */
export async function tryProgram(
  file: string,
  args: readonly string[],
  options: Options = {},
): Promise<ProgramResult> {
  const result = await execa(file, args, {
    reject: false,
    stripFinalNewline: true,
    ...(options.stdio === undefined ? { stdin: 'ignore' } : {}),
    ...options,
  });
  if (result.exitCode === undefined) {
    if (result.code === 'ENOENT' && options.cwd && !existsSync(options.cwd)) {
      throw new OrchError('E_PROGRAM_FAILED', `${file} can't run in ${options.cwd}, which is gone`, {
        cause: result,
      });
    }
    if (result.code === 'ENOENT') {
      throw new OrchError('E_MISSING_PROGRAM', `${file} is not installed, or not on PATH`, { cause: result });
    }
    throw new OrchError('E_PROGRAM_FAILED', `${file} ${args[0] ?? ''} ended early: ${result.shortMessage}`, {
      cause: result,
    });
  }
  return {
    stdout: String(result.stdout ?? ''),
    stderr: String(result.stderr ?? ''),
    exitCode: result.exitCode,
  };
}

/** Like tryProgram, for programs that must succeed: a failure throws E_PROGRAM_FAILED with what was printed. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: Options = {},
): Promise<string> {
  const result = await tryProgram(file, args, options);
  if (result.exitCode !== 0) {
    const said = (result.stderr || result.stdout).trim();
    throw new OrchError(
      'E_PROGRAM_FAILED',
      `${file} ${args[0] ?? ''} exited with ${result.exitCode}: ${said}`,
      { cause: result },
    );
  }
  return result.stdout;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Whether a program of this name is in one of the absolute folders of a PATH. */
export function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some(folder => isAbsolute(folder) && isExecutable(join(folder, program)));
}

/** A folder is none, though it can be entered: a shell looks further on the PATH, too. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export interface GroupOptions {
  cwd: string;
  env: Record<string, string>;
  /** In ms. */
  timeout: number;
  /** Who prints more (bytes) is ended. */
  mostOutput?: number;
  /** Which 1 MB of each output is kept; the start unless told. */
  keep?: 'start' | 'end';
  /** Ends it early. */
  signal?: AbortSignal;
}

export interface GroupResult extends Omit<ProgramResult, 'exitCode'> {
  /** Null when it was ended by a signal, from here or elsewhere. */
  exitCode: number | null;
  isTimedOut: boolean;
}

/** Like runGroup, for a program that is to end by itself. Errors: E_PROGRAM_FAILED also for time-out, signal and too much output. */
export async function tryGroup(
  file: string,
  args: readonly string[],
  options: GroupOptions,
): Promise<ProgramResult> {
  const { stdout, stderr, exitCode } = await runGroup(file, args, options);
  if (exitCode === null)
    throw new OrchError('E_PROGRAM_FAILED', `${file} ${args[0] ?? ''} was ended by a signal`);
  return { stdout, stderr, exitCode };
}

/**
 * Runs a program among an agent's files: in a process group of its own, of which nothing is left when it has ended, so that
 * a child in the background can neither hold the answer back nor stay. Errors: E_MISSING_PROGRAM, E_PROGRAM_FAILED where
 * the folder is gone.
 */
export async function runGroup(
  file: string,
  args: readonly string[],
  options: GroupOptions,
): Promise<GroupResult> {
  const { cwd, env, timeout, mostOutput = Infinity, keep = 'start', signal } = options;
  if (!isFolder(cwd)) throw new OrchError('E_PROGRAM_FAILED', `${file} can't run in ${cwd}, which is gone`);
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = (size: number) => size > mostOutput && killGroup(child);
  const [stdout, stderr] = [collect(child.stdout, keep, heard), collect(child.stderr, keep, heard)];
  const closed = new Promise(resolve => child.once('close', resolve));
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    killGroup(child);
  }, timeout);
  const abort = () => killGroup(child);
  signal?.addEventListener('abort', abort);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    // What it wrote last is in the pipe by now; who else holds the pipe is not waited for.
    await Promise.race([closed, delay(300)]);
    return { stdout: stdout().trimEnd(), stderr: stderr().trimEnd(), exitCode, isTimedOut };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new OrchError('E_MISSING_PROGRAM', `${file} is not installed, or not on PATH`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    killGroup(child);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** One that can be entered: agents may leave a file, a pipe or a locked folder where their tree was. */
function isFolder(path: string): boolean {
  try {
    accessSync(`${path}/.`, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const MOST_OUTPUT = 1024 * 1024;

function collect(stream: Readable, keep: 'start' | 'end', heard: (size: number) => void): () => string {
  const chunks: Buffer[] = [];
  let [size, kept] = [0, 0];
  stream.on('data', (chunk: Buffer) => {
    if (keep === 'end' || kept < MOST_OUTPUT) {
      chunks.push(chunk);
      kept += chunk.length;
    }
    const first = () => chunks[0]?.length ?? 0;
    while (keep === 'end' && kept - first() >= MOST_OUTPUT) kept -= chunks.shift()?.length ?? 0;
    size += chunk.length;
    heard(size);
  });
  return () => {
    const all = Buffer.concat(chunks);
    return (keep === 'end' ? all.subarray(-MOST_OUTPUT) : all.subarray(0, MOST_OUTPUT)).toString('utf8');
  };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

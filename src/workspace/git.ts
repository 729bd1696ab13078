import type { Readable } from 'node:stream';
import { execa, type Options } from 'execa';
import type { Remote } from '../forge/remote.ts';
import { OrchError } from '../shared/errors.ts';
import { type ProgramResult, tryProgram } from '../shared/program.ts';
import { openSecrets } from '../shared/secrets/secrets.ts';
import { stripControl } from '../shared/text.ts';

export interface GitOptions {
  /** The bare repository to work in; none for commands that need no repository. */
  directory?: string;
  /** Added to the clean environment, e.g. a quarantine's object directory. */
  env?: Record<string, string>;
  input?: string | Readable;
  /** Ends git when it takes longer (ms) or prints more (bytes): E_PROGRAM_FAILED. Unless told 100 MB, and no time. */
  most?: { time: number; output: number };
}

/**
 * Runs git for the daemon: nothing of the user's or machine's settings, no hooks, no prompts, no protocols but HTTP(S).
 * It must never run in a repository where an agent has worked, see docs/decisions. Returns stdout.
 * Errors: E_PROGRAM_FAILED with what git printed, E_MISSING_PROGRAM.
 */
export async function execGit(args: readonly string[], options: GitOptions = {}): Promise<string> {
  const result = await tryGit(args, options);
  if (result.exitCode !== 0) throw gitFailure(args, result);
  return result.stdout;
}

/** Like execGit, for commands whose failure is an expected answer. */
export function tryGit(args: readonly string[], options: GitOptions = {}): Promise<ProgramResult> {
  return run(args, options, []);
}

/** For output that need not be in memory at once: it is read as it comes. Errors: as execGit, and what `read` throws. */
export async function withGitOutput(
  args: readonly string[],
  options: GitOptions,
  read: (stdout: Readable) => Promise<void>,
): Promise<void> {
  const [argv, how] = command(args, options, []);
  const running = execa('git', argv, { ...how, reject: false, buffer: { stdout: false, stderr: true } });
  try {
    await read(running.stdout as Readable);
  } catch (error) {
    running.kill('SIGKILL');
    await running;
    throw error;
  }
  const { exitCode = 1, stderr } = await running;
  if (exitCode !== 0) throw gitFailure(args, { exitCode, stdout: '', stderr: String(stderr) });
}

/**
 * Like tryGit, speaking with a remote, which the command names `origin`. The token goes through a pipe that only git
 * and its children inherit, never through arguments, environment or files, and is taken out of what git printed.
 */
export async function tryRemoteGit(
  args: readonly string[],
  remote: Remote,
  options: GitOptions = {},
): Promise<ProgramResult> {
  const token = await remote.token();
  const origin = [`remote.origin.url=${remote.url}`, `remote.origin.fetch=${HEADS}`];
  // Only the repository of a person at their desk is reached by its path.
  const local = remote.url.startsWith('file:') ? { GIT_ALLOW_PROTOCOL: 'file' } : {};
  const how = { ...options, env: { ...options.env, ...local } };
  if (token === null) return run(args, how, origin);
  const result = await run(
    args,
    options,
    [...origin, `credential.${new URL(remote.url).origin}.helper=${HELPER}`],
    Buffer.from(`username=x-access-token\npassword=${token}\n`),
  );
  const { know, redact } = openSecrets();
  know(token, 'a token');
  return { ...result, stdout: redact(result.stdout), stderr: redact(result.stderr) };
}

/** E_PROGRAM_FAILED with git's own words. */
export function gitFailure(args: readonly string[], result: ProgramResult): OrchError {
  const said = stripControl(result.stderr || result.stdout).trim();
  return new OrchError('E_PROGRAM_FAILED', `git ${args[0]} exited with ${result.exitCode}: ${said}`);
}

/** The remote's branches, kept as remote-tracking ones: `--mirror` would take `refs/pull/*` and prune `refs/orch/*`. */
export const HEADS = '+refs/heads/*:refs/remotes/origin/*';

// Git appends the operation as an argument; a helper's second question gets the pipe's end, hence no answer.
const HELPER = '!orch() { test "$1" = get && cat <&3; }; orch';

const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  // A connection that carries less than 1 kB/s for a minute is given up; a whole clone may take as long as it takes.
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
];

function run(...parameters: Parameters<typeof command>): Promise<ProgramResult> {
  return tryProgram('git', ...command(...parameters));
}

function command(
  args: readonly string[],
  { directory, env, input, most }: GitOptions,
  settings: readonly string[],
  secret?: Uint8Array,
): [argv: string[], options: Options] {
  const where = directory === undefined ? [] : [`--git-dir=${directory}`];
  const flags = [...SETTINGS, ...settings].flatMap(setting => ['-c', setting]);
  const stdin = typeof input === 'string' ? Buffer.from(input) : input;
  const options: Options = {
    cwd: directory ?? '/',
    extendEnv: false,
    env: { ...cleanEnvironment(), ...env },
    ...(most && { timeout: most.time, maxBuffer: most.output }),
    stdio: [stdin === undefined ? 'ignore' : [stdin, 'pipe'], 'pipe', 'pipe', ...(secret ? [secret] : [])],
  };
  return [[...where, ...flags, ...args], options];
}

// By name, so that neither GIT_* of the caller nor anything secret gets through.
const PASSED = [
  ...['PATH', 'TMPDIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
  ...['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'],
];

function cleanEnvironment(): Record<string, string> {
  const passed = PASSED.flatMap(name => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(passed),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'https:http',
    LC_ALL: 'C',
  };
}

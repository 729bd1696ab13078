import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { type ProgramResult, tryProgram } from '../shared/program.ts';
import { openTmuxClient } from './tmux-client.ts';

/** Orch's private tmux server. It outlives the daemon, starts with the first session and ends with the last. */
export interface Terminals extends Disposable {
  readonly log: Log;
  /** The argument array that reaches the server: a program and its options, to which a tmux command is added. */
  readonly command: readonly string[];
  /** Runs one tmux process. Errors: E_MISSING_PROGRAM, E_PROGRAM_FAILED when the server doesn't answer. */
  tmux(args: readonly string[]): Promise<ProgramResult>;
  /**
   * The same for what only asks: over a standing connection while there is one, which starts no process. Only for answers
   * that hold no word of an agent: it could guess where tmux ends one, and forge the next.
   */
  ask(args: readonly string[]): Promise<ProgramResult>;
}

export interface Pane {
  pid: number;
  dead: boolean;
  /** Null while it lives, when a signal ended it, and when tmux 3.3 missed its end; the run's file `exit` knows. */
  exitCode: number | null;
  /** When it last printed something (ms, of whole seconds). */
  activity: number;
}

export const TERMINAL_TYPE = 'screen-256color';

// sockaddr_un holds 104 bytes on macOS and 108 on Linux.
const LONGEST_SOCKET_PATH = 100;

// History is kept short because each 2,000-line pane costs about 2 MB; the whole output is in the log file.
const SETTINGS = `set -g default-terminal ${TERMINAL_TYPE}
set -g default-shell /bin/sh
set -g default-size 220x50
set -g history-limit 200
set -g remain-on-exit on
set -g destroy-unattached off
set -g update-environment ''
set -g automatic-rename off
set -g allow-rename off
set -g set-titles off
set -s set-clipboard off
set -g status-left '#S '
set -g status-right ''
`;

/** `T42.1` is `T42-1` in tmux, which would turn the dot into an underscore by itself. */
export function sessionName(run: string): string {
  return run.replaceAll('.', '-');
}

/** The exact target of a run's agent: without `=` tmux takes `T4-1` for `T4-10` as well. */
export function mainPane(run: string): string {
  return `=${sessionName(run)}:main`;
}

/**
 * Prepares `directory` (0700) for a tmux server of Orch's own: socket and settings lie there, nothing of the user's
 * tmux is read or touched. The server is started by the first launch. Errors: E_PATH_TOO_LONG.
 */
export function openTerminals(options: { directory: string; log: Log }): Terminals {
  const socket = join(options.directory, 'tmux.sock');
  const settings = join(options.directory, 'tmux.conf');
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) {
    throw new OrchError(
      'E_PATH_TOO_LONG',
      `${socket} is longer than the ${LONGEST_SOCKET_PATH} bytes of a socket`,
    );
  }
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  chmodSync(options.directory, 0o700);
  writeFileSync(settings, SETTINGS, { mode: 0o600 });
  const command = ['tmux', '-u', '-S', socket, '-f', settings];
  const client = openTmuxClient({ command, cwd: options.directory, env: serverEnvironment() });
  const tmux: Terminals['tmux'] = args => runTmux(command, args, options.directory);
  return {
    log: options.log,
    command,
    tmux,
    ask: async args => (await client.ask(args)) ?? (await tmux(args)),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** What each session's agent does, by session name; `unknown` when tmux can't be asked, which says nothing of them. */
export async function look(terminals: Terminals): Promise<Map<string, Pane> | 'unknown'> {
  const format =
    '#{session_name},#{pane_pid},#{pane_dead},#{pane_dead_status},#{window_activity},#{window_name}';
  try {
    const { exitCode, stdout, stderr } = await terminals.ask(['list-panes', '-a', '-F', format]);
    if (exitCode === 0) return parsePanes(stdout);
    if (serverIsAbsent(stderr)) return new Map();
    terminals.log.warn({ stderr }, 'tmux could not list its panes');
  } catch (error) {
    terminals.log.warn({ err: error }, 'tmux could not be asked');
  }
  return 'unknown';
}

/** What a run's screen shows at the moment; null when there is none to be seen. */
export async function screenOf(terminals: Terminals, run: string): Promise<string | null> {
  try {
    const { exitCode, stdout } = await terminals.tmux(['capture-pane', '-p', '-t', mainPane(run)]);
    return exitCode === 0 ? stdout : null;
  } catch (error) {
    terminals.log.warn({ err: error }, 'tmux could not be asked');
    return null;
  }
}

/** The argument array by which a person joins a run's session. */
export function attachCommand(terminals: Terminals, run: string): string[] {
  return [...terminals.command, 'attach-session', '-t', `=${sessionName(run)}`];
}

/** Ends the server and every session on it. */
export async function closeTerminals(terminals: Terminals): Promise<void> {
  terminals[Symbol.dispose]();
  await terminals.tmux(['kill-server']);
}

/** True when tmux said that no server listens on the socket. */
export function serverIsAbsent(stderr: string): boolean {
  return /no server running on|error connecting to .* \((No such file or directory|Connection refused)\)/.test(
    stderr,
  );
}

async function runTmux(command: string[], args: readonly string[], cwd: string): Promise<ProgramResult> {
  const [file = '', ...prefix] = command;
  try {
    return await tryProgram(file, [...prefix, ...args], {
      cwd,
      env: serverEnvironment(),
      extendEnv: false,
      timeout: 10_000,
    });
  } catch (error) {
    if (!(error instanceof OrchError) || error.code !== 'E_MISSING_PROGRAM') throw error;
    const remedy =
      'Install tmux 3.0 or newer (apt-get install tmux, or brew install tmux), then retry the task.';
    throw new OrchError(error.code, error.message, { cause: error, remedy });
  }
}

/** By this a runner of GitHub Actions finds what a job has started, and ends it when the job is over. */
export const TRACKING = 'RUNNER_TRACKING_ID';

// The server keeps the environment of the call that started it and shows it to every session.
function serverEnvironment(): Record<string, string> {
  const kept = ['HOME', 'PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'USER', TRACKING];
  const entries = kept.flatMap(name => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(entries), TERM: TERMINAL_TYPE };
}

function parsePanes(stdout: string): Map<string, Pane> {
  const panes = new Map<string, Pane>();
  for (const line of stdout.split('\n')) {
    const [session, pid, dead, exitCode, activity, window] = line.split(',');
    if (session === undefined || window !== 'main') continue;
    panes.set(session, {
      pid: Number(pid),
      dead: dead === '1',
      exitCode: exitCode === '' ? null : Number(exitCode),
      activity: Number(activity) * 1000,
    });
  }
  return panes;
}

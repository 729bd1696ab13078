import { randomUUID } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import { isExecutable, isOnPath, type ProgramResult } from '../shared/program.ts';
import { shellQuote } from '../shared/text.ts';
import { launchScript, type SetupCommand } from './launch-script.ts';
import { processStart } from './processes.ts';
import { type Delivery, deliverPrompt } from './prompt-delivery.ts';
import { runFiles, tryAppend, tryReadSmall, writeWhole } from './run-files.ts';
import { mainPane, serverIsAbsent, sessionName, type Terminals, TRACKING } from './terminals.ts';
import type { Narration } from './watch/narrator.ts';

export interface Launch {
  /** `T42.1`. */
  run: string;
  /** The run's own directory, 0700; the files of `runFiles` are written there. */
  directory: string;
  /** Where the agent works: the worktree. */
  cwd: string;
  /** The agent's command; placeholders are filled in, see prompt-delivery.ts. */
  argv: readonly string[];
  /** The words that shut it in, put before each program of the run; none where there is no sandbox. */
  sandbox: readonly string[];
  /** All that the agent sees, as made by `agentEnvironment`. */
  environment: Record<string, string>;
  prompt: Delivery;
  /** Holds the prompt, byte for byte. */
  promptFile: string;
  model: string | null;
  /** The id of the CLI's conversation: that it shall have, or that goes on; null when it is the CLI's to choose. */
  session: string | null;
  /** Run in the worktree before the agent, in its environment. */
  setup: readonly SetupCommand[];
  /** For /bin/sh: puts the run into its group, see limits/limits.ts. */
  enter: string;
  /** The terminal's whole output is appended here, up to this size. */
  logFile: string;
  outputLimitBytes: number;
  /** How its event stream is read; null where it prints for people. */
  narration: Omit<Narration, 'outputLimitBytes'> | null;
  /** What a person runs to install the agent's program; null when nobody says. */
  install: string | null;
}

export interface Launched {
  pid: number;
  /** The process' start time as the kernel counts it; null when it is gone already. */
  pidStart: string | null;
}

/**
 * Starts a run's agent in a tmux session named after the run, or adopts the session that is there already.
 * Errors: E_PROMPT_TOO_LONG, E_MISSING_PROGRAM (tmux, or the agent's own), E_SETTINGS, E_PROGRAM_FAILED.
 */
export async function launch(terminals: Terminals, wanted: Launch): Promise<Launched> {
  const delivered = deliverPrompt(wanted);
  const environment = { ...wanted.environment, ...delivered.environment };
  requireProgram(delivered.argv[0] ?? '', environment.PATH ?? '', wanted.install);
  const files = runFiles(wanted.directory);
  tryAppend(files.monitorLog, '');
  const { narration, outputLimitBytes } = wanted;
  if (narration) writeWhole(files.narration, JSON.stringify({ ...narration, outputLimitBytes }));
  const script = launchScript({ ...wanted, ...delivered, environment, narrated: narration !== null });
  writeWhole(files.script, script, 0o700);
  const pid = Number(await startSession(terminals, sessionArguments(wanted), wanted.run));
  return { pid, pidStart: processStart(pid) };
}

/** The mark of the run's processes; null when it was never launched. */
export function readLaunchId(directory: string): string | null {
  return tryReadSmall(runFiles(directory).launchId);
}

/** One mark per run, kept over restarts, so that processes of a launch that Orch forgot are found as well. */
function launchId(file: string): string {
  const existing = tryReadSmall(file);
  if (existing) return existing;
  const id = randomUUID();
  writeWhole(file, id);
  return id;
}

async function startSession(terminals: Terminals, args: string[], run: string): Promise<string> {
  let result = await terminals.tmux(args);
  // A server whose last session ends goes away, perhaps just as it is asked for a new one.
  if (serverIsGoing(result)) result = await terminals.tmux(args);
  if (result.exitCode === 0) return result.stdout;
  if (!result.stderr.includes('duplicate session')) throw failure(result);
  const adopted = await terminals.tmux(['list-panes', '-t', mainPane(run), '-F', '#{pane_pid}']);
  if (adopted.exitCode !== 0) throw failure(adopted);
  terminals.log.info({ run, pid: Number(adopted.stdout) }, 'session adopted');
  return adopted.stdout;
}

// One call, so that the log is connected before tmux reads the agent's first output.
function sessionArguments(launch: Launch): string[] {
  const { run, directory, logFile, outputLimitBytes, prompt } = launch;
  const session = sessionName(run);
  const files = runFiles(directory);
  return [
    ...['new-session', '-d', '-P', '-F', '#{pane_pid}', '-s', session, '-n', 'main', '-x', '220', '-y', '50'],
    ...['env', '-i', `ORCH_RUN=${run}`, `ORCH_LAUNCH=${launchId(files.launchId)}`],
    ...(process.env[TRACKING] ? [`${TRACKING}=${process.env[TRACKING]}`] : []),
    ...['/bin/sh', files.script],
    ';',
    ...['pipe-pane', '-t', mainPane(run), logCommand(logFile, outputLimitBytes)],
    ';',
    ...(prompt === 'keyboard' ? withHint(session) : fixedSize(session, 'main')),
    ';',
    ...['new-window', '-d', '-t', `=${session}:`, '-n', 'monitor'],
    ...['tail', '-n', '50', '-F', files.monitorLog],
    ';',
    ...fixedSize(session, 'monitor'),
  ];
}

// Who only looks on must not reflow the screen; who works there has it as large as their own terminal. Set for all windows
// at once it crashes tmux up to 3.6: https://github.com/tmux/tmux/pull/4849
function fixedSize(session: string, window: string): string[] {
  return ['set', '-w', '-t', `=${session}:${window}`, 'window-size', 'manual'];
}

function withHint(session: string): string[] {
  const hint = 'leave the program: hand back | Ctrl-b d: come again later';
  const set = ['set', '-t', `=${session}:`];
  return [...set, 'status-right-length', String(hint.length), ';', ...set, 'status-right', hint];
}

/**
 * A shell command that appends to the log until the limit and then ends; tmux drops the rest and the agent runs on.
 * `ulimit -f` counts 512 bytes. `head -c` would do, were it not for its buffer, which makes the log late.
 */
function logCommand(logFile: string, limitBytes: number): string {
  const blocks = Math.max(1, Math.floor(limitBytes / 512));
  const command = `umask 077; ulimit -f ${blocks}; trap '' XFSZ; exec cat >>${shellQuote(logFile)}`;
  // tmux expands strftime and formats in this argument, and takes a last semicolon for its own.
  return command.replaceAll('%', '%%').replaceAll('#', '##');
}

function serverIsGoing({ exitCode, stderr }: ProgramResult): boolean {
  return exitCode !== 0 && (serverIsAbsent(stderr) || /server exited|lost server/.test(stderr));
}

function failure(result: ProgramResult): OrchError {
  return new OrchError('E_PROGRAM_FAILED', `tmux could not start the agent: ${result.stderr.trim()}`);
}

/** A relative path is left to the shell: setup commands may be about to make it. */
function requireProgram(program: string, path: string, install: string | null): void {
  if (!isAbsolute(program) && program.includes('/')) return;
  if (program !== '' && (isAbsolute(program) ? isExecutable(program) : isOnPath(program, path))) return;
  throw new OrchError(
    'E_MISSING_PROGRAM',
    `The agent's program ${program} is not installed, or not on PATH`,
    {
      remedy: install
        ? `Install it, then retry the task: \`${install}\``
        : "Install it, or correct the profile's command, then retry the task.",
    },
  );
}

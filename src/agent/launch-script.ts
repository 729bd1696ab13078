import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import { ownProgram } from '../shared/own-programs.ts';
import { shellQuote } from '../shared/text.ts';
import { runFiles } from './run-files.ts';

/** There is one for each run, and what passes through it is soon garbage. */
const FRUGAL = ['--max-old-space-size=64', '--max-semi-space-size=2'];

export interface SetupCommand {
  /** For /bin/sh. */
  command: string;
  /** Its failure ends the run. */
  required: boolean;
}

/**
 * The shell script that a session runs. It starts in an empty environment; values stand in it as quoted words, so
 * that none is ever in an argument list or in tmux. Its exit code, and the file `exit`, are the agent's.
 */
export function launchScript(launch: {
  run: string;
  directory: string;
  cwd: string;
  argv: readonly string[];
  /** Goes before the argv of the agent and of each setup command; what stands here runs outside. */
  sandbox: readonly string[];
  environment: Record<string, string>;
  /** The file that the agent reads as its standard input; null: the terminal. */
  stdin: string | null;
  setup: readonly SetupCommand[];
  /** Puts the script into the run's group, with all that it starts. A run that can't have its limits does not start. */
  enter: string;
  /** The agent prints an event stream, which the narrator reads and the pane does not show. */
  narrated: boolean;
}): string {
  const prepare = launch.setup.map(
    ({ command, required }) => `prepare ${required ? 'required' : 'optional'} ${shellQuote(command)}`,
  );
  return `#!/bin/sh
# ${launch.run}
PATH=/usr/bin:/bin
${frame(launch.directory)}
{ ${launch.enter}; } || finish 1
world() {
${exports(launch.environment)}
  cd -- ${shellQuote(launch.cwd)}
}
inside() {
  exec ${launch.sandbox.map(shellQuote).join(' ')} "$@"
}
${prepare.join('\n')}
agent() {
  (world && inside ${launch.argv.map(shellQuote).join(' ')})${launch.stdin === null ? '' : ` <${shellQuote(launch.stdin)}`}
}
${launch.narrated ? narrated(launch.directory) : 'agent\nfinish $?'}
`;
}

/** From Orch's own cache of compiled code: to strip the types of its sources a process takes 30 MB more. */
function cache(): string[] {
  const directory = getCompileCacheDir();
  return directory === undefined ? [] : ['env', `NODE_COMPILE_CACHE=${dirname(directory)}`];
}

// Standard output and errors of the agent come to the narrator each by its own pipe, or one could cut the other's lines.
// The agent's exit code goes past it by descriptor 3, what people see by 4. The narrator ends with the line that is printed
// after the agent: else a background process that still holds a pipe would keep the run from ending. However the narrator
// ends, the pipes are read on (a ^C before it listens only has it begin again): without a reader the agent would die of its next word. Both parts begin
// deaf to ^C, for it may come before they have set a trap; by that they outlive it, and unlike `trap ''` the agent does not
// inherit it.
function narrated(directory: string): string {
  const { progress, ...files } = runFiles(directory);
  const stderr = shellQuote(files.stderr);
  return `rm -f ${stderr} && mkfifo -m 600 ${stderr} || finish 1
tell_end() {
  printf '\\norch: end of %s\\n' "$ORCH_LAUNCH"
}
narrator() {
  ${[...cache(), process.execPath, ...FRUGAL, ...ownProgram('narrator'), directory].map(shellQuote).join(' ')}
}
narrate() {
  trap : INT QUIT TERM
  narrator || { [ ! -e ${shellQuote(progress)} ] && narrator; } ||
    echo "orch: the narrator has ended: what the agent prints is not shown any more"
  cat <&5 >/dev/null 2>&1 &
  cat <&6 >/dev/null 2>&1 &
}
exec 4>&1
code=$(
  trap '' INT QUIT TERM
  {
    {
      trap : INT QUIT TERM
      exec 7>${stderr}
      agent 2>&7 3>&- 4>&- 7>&-
      printf '%s' $? >&3
      tell_end
      tell_end >&7
    } | narrate 5<&0 6<${stderr} >&4 3>&- 4>&-
  } 3>&1
)
finish "$code"`;
}

// The script itself outlives ^C and SIGTERM, to tell how the agent ended; the agent and the setup commands get each
// signal's default back. Stopped during setup, it must not go on to the agent. SIGHUP ends it: the kernel tells only the
// first process of a terminal that the terminal is gone, and the rest when that has ended.
function frame(directory: string): string {
  const { exit, setupFailed } = runFiles(directory);
  return `stopped=
trap 'stopped=1' INT QUIT TERM
keep() {
  printf '%s\\n' "$2" >"$1.new" && mv -f -- "$1.new" "$1"
}
finish() {
  keep ${shellQuote(exit)} "$1"
  exit "$1"
}
prepare() {
  printf 'orch: setup: %s\\n' "$2"
  (world && inside /bin/sh -c "$2") </dev/null
  code=$?
  [ -z "$stopped" ] || finish 143
  [ "$code" -eq 0 ] && return
  printf 'orch: setup failed with exit code %s: %s\\n' "$code" "$2"
  [ "$1" = optional ] && return
  keep ${shellQuote(setupFailed)} "$code
$2"
  finish "$code"
}`;
}

function exports(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || value.includes('\0')) {
        throw new OrchError('E_SETTINGS', `${JSON.stringify(name)} can't be an environment variable`);
      }
      return `  export ${name}=${shellQuote(value)}`;
    })
    .join('\n');
}

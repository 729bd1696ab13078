import { OrchError } from '../shared/errors.ts';
import { shellQuote } from '../shared/text.ts';
import { runFiles } from './run-files.ts';

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
  stdin: string;
  setup: readonly SetupCommand[];
  /** Puts the script into the run's group, with all that it starts. A run that can't have its limits does not start. */
  enter: string;
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
(world && inside ${launch.argv.map(shellQuote).join(' ')}) <${shellQuote(launch.stdin)}
finish $?
`;
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

import { readFileSync, statSync } from 'node:fs';
import { OrchError } from '../shared/errors.ts';

/** How a CLI takes its prompt: by a file it is told of, on standard input, as an argument, or from who sits at its terminal. */
export type Delivery = 'file' | 'stdin' | 'argument' | 'keyboard';

// Linux takes at most 128 KiB in one argument.
const LONGEST_ARGUMENT = 120 * 1024;

/**
 * The command with its placeholders filled in, what goes into its environment, and the file for its standard input;
 * null: the terminal.
 * Errors: E_PROMPT_TOO_LONG for an argument above 120 KB, E_SETTINGS when `{model}` or `{session}` has nothing to stand for.
 */
export function deliverPrompt(launch: {
  argv: readonly string[];
  prompt: Delivery;
  promptFile: string;
  model: string | null;
  /** The id of the CLI's conversation, where it is known beforehand. */
  session: string | null;
  /** The run's own. */
  directory: string;
  /** The worktree. */
  cwd: string;
}): { argv: string[]; environment: Record<string, string>; stdin: string | null } {
  const values: Record<string, string> = {
    prompt_file: launch.promptFile,
    run_directory: launch.directory,
    worktree: launch.cwd,
  };
  if (launch.model !== null) values.model = launch.model;
  if (launch.session !== null) values.session = launch.session;
  if (launch.prompt === 'argument') values.prompt = promptArgument(launch.promptFile);
  const argv = launch.argv.map(word => fillIn(word, values));
  if (launch.prompt === 'argument' && !launch.argv.some(word => word.includes('{prompt}'))) {
    argv.push(values.prompt ?? '');
  }
  const environment: Record<string, string> = {};
  if (launch.prompt === 'file') environment.ORCH_PROMPT_FILE = launch.promptFile;
  if (launch.model !== null) environment.ORCH_MODEL = launch.model;
  if (launch.prompt === 'keyboard') return { argv, environment, stdin: null };
  return { argv, environment, stdin: launch.prompt === 'stdin' ? launch.promptFile : '/dev/null' };
}

function promptArgument(file: string): string {
  const { size } = statSync(file);
  if (size > LONGEST_ARGUMENT) {
    throw new OrchError(
      'E_PROMPT_TOO_LONG',
      `The prompt has ${size} bytes, an argument at most ${LONGEST_ARGUMENT}`,
    );
  }
  return readFileSync(file, 'utf8');
}

// One pass: a prompt that speaks of {model} arrives as it was written.
function fillIn(word: string, values: Record<string, string>): string {
  return word.replace(
    /\{(prompt|prompt_file|model|session|run_directory|worktree)\}/g,
    (placeholder, name: string) => {
      const remedy = values[name] === undefined ? REMEDIES[name] : undefined;
      if (remedy !== undefined)
        throw new OrchError('E_SETTINGS', `The profile's command names {${name}}, and there is none`, {
          remedy,
        });
      return values[name] ?? placeholder;
    },
  );
}

const REMEDIES: Record<string, string> = {
  model: 'Set `model` for the profile, or ask for one with --model.',
  session:
    'Set `session: preset` for the profile, if its CLI takes an id, or leave {session} out of `command`.',
};

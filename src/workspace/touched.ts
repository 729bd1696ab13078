import { OrchError } from '../shared/errors.ts';
import { shorten, stripControl } from '../shared/text.ts';
import { type AsAgent, WITHOUT_HOOKS } from './rescue.ts';

/** Who changes more is known by these. */
const MOST_FILES = 5000;
const LONGEST_NAME = 1000;

/**
 * The files that an agent has changed since a commit, committed or not, and those that it has made, as its own git tells them.
 * Errors: E_PROGRAM_FAILED.
 */
export async function touchedFiles(asAgent: AsAgent, since: string): Promise<string[]> {
  const changed = await list(asAgent, [
    ...['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', '--ignore-submodules', since],
  ]);
  const made = await list(asAgent, ['ls-files', '-z', '--others', '--exclude-standard']);
  return [...new Set([...changed, ...made])].sort().slice(0, MOST_FILES);
}

async function list(asAgent: AsAgent, args: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await asAgent('git', [...WITHOUT_HOOKS, ...args, '--']);
  if (exitCode !== 0) {
    const said = shorten(stripControl(stderr).trim(), 300);
    throw new OrchError('E_PROGRAM_FAILED', `git ${args[0]} exited with ${exitCode}: ${said}`);
  }
  return stdout.split('\0').filter(name => name !== '' && name.length <= LONGEST_NAME);
}

import { OrchError } from '../shared/errors.ts';
import type { ProgramResult } from '../shared/program.ts';
import { shorten, stripControl } from '../shared/text.ts';

/**
 * Runs a program as the agent does: in its tree, with its environment, user and sandbox, without any token. Its hooks
 * and settings act there and nowhere else.
 */
export type AsAgent = (program: string, args: readonly string[]) => Promise<ProgramResult>;

export interface Leftovers {
  /** The commit that was pushed now, or null when the agent had committed nothing new. As the agent's git tells it. */
  head: string | null;
  /** Whether uncommitted changes lie in the tree, or may. */
  dirty: boolean;
}

/**
 * Pushes what an agent committed and did not push, the way the agent itself would: through the run's broker, which must
 * still be open. `known` is the branch's tip as the daemon has it, or where it began.
 * Errors: E_PUSH_REFUSED with the reason, E_PROGRAM_FAILED when the agent left no working repository.
 */
export async function rescue(
  asAgent: AsAgent,
  { branch, known }: { branch: string; known: string },
): Promise<Leftovers> {
  const status = await git(asAgent, ['status', '--porcelain', '--untracked-files=normal']);
  const isBroken = status.exitCode !== 0;
  const dirty = isBroken || status.stdout !== '';
  const head = await newestCommit(asAgent, branch, known);
  // A broken index spoils no commit, and a repository that gives none has to be whole to be believed.
  if (head === null && isBroken) throw failed('git status', status);
  if (head === null) return { head, dirty };
  const pushed = await git(asAgent, [
    'push',
    '--no-verify',
    '--quiet',
    'origin',
    `+${head}:refs/heads/${branch}`,
  ]);
  if (pushed.exitCode !== 0 && isBroken) throw failed('git status', status);
  if (pushed.exitCode !== 0) throw new OrchError('E_PUSH_REFUSED', reasonGiven(pushed.stderr));
  return { head, dirty };
}

// Agents leave their branch now and then: what is checked out counts, unless the branch is ahead of it.
async function newestCommit(asAgent: AsAgent, branch: string, known: string): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const [head, tip] = [await resolve(asAgent, 'HEAD'), await resolve(asAgent, ref)];
  const newest = head === null || (tip !== null && (await isAncestor(asAgent, head, tip))) ? tip : head;
  return newest === null || (await isAncestor(asAgent, newest, known)) ? null : newest;
}

async function resolve(asAgent: AsAgent, name: string): Promise<string | null> {
  const result = await git(asAgent, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
  const sha = result.stdout.trim();
  return result.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(sha) ? sha : null;
}

async function isAncestor(asAgent: AsAgent, old: string, young: string): Promise<boolean> {
  return (await git(asAgent, ['merge-base', '--is-ancestor', old, young])).exitCode === 0;
}

// Hooks and monitors of the repository have had their say while the agent lived; now they could only be in the way.
export const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false'];

function git(asAgent: AsAgent, args: readonly string[]): Promise<ProgramResult> {
  return asAgent('git', [...WITHOUT_HOOKS, ...args]);
}

/** What the broker and GitHub said, without git's own words around it. */
function reasonGiven(stderr: string): string {
  const text = stripControl(stderr);
  const verdict = /\[remote rejected\][^\n]*?\((.*)\)$/m.exec(text)?.[1] ?? text.trim();
  const said = text.split('\n').flatMap(line => /^remote: (?:error: )?(.+)$/.exec(line)?.[1]?.trim() ?? []);
  // An agent's own hook may have said anything, at any length.
  return shorten([verdict, ...said].join('. '), 500);
}

function failed(what: string, result: ProgramResult): OrchError {
  const said = stripControl(result.stderr).trim();
  return new OrchError('E_PROGRAM_FAILED', `${what} exited with ${result.exitCode}: ${said}`);
}

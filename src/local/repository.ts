import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import { type ProgramResult, tryProgram } from '../shared/program.ts';

/** A person's own git repository on this machine. */
export interface LocalRepository {
  /** The folder that is checked out; of several worktrees the main one. */
  readonly top: string;
  /** Where git keeps branches and objects: `.git`. */
  readonly gitDirectory: string;
  /** The folder's name, which stands for the repository. */
  readonly name: string;
}

/**
 * The repository around a folder. Errors: E_NO_REPOSITORY (also for a bare one, and one of another user),
 * E_MISSING_PROGRAM, E_PROGRAM_FAILED.
 */
export async function findRepository(folder: string): Promise<LocalRepository> {
  const asked = ['rev-parse', '--path-format=absolute', '--git-common-dir', '--is-bare-repository'];
  const found = await tryPersonGit(folder, asked);
  if (found.exitCode !== 0) {
    if (/not a git repository/.test(found.stderr)) {
      const remedy = 'Go to one, or make one here: git init && git commit --allow-empty -m Start';
      throw new OrchError('E_NO_REPOSITORY', `${folder} is in no git repository`, { remedy });
    }
    const owned = /dubious ownership in repository at '(.+)'/.exec(found.stderr)?.[1];
    if (owned !== undefined) {
      const remedy = `If you do trust it: git config --global --add safe.directory '${owned}'`;
      throw new OrchError('E_NO_REPOSITORY', `${owned} belongs to another user, and git does not trust it`, {
        remedy,
      });
    }
    throw failure(asked, found);
  }
  const [gitDirectory = '', isBare] = found.stdout.split('\n');
  if (isBare === 'true')
    throw new OrchError('E_NO_REPOSITORY', `${folder} is a bare repository, without files to work with`);
  const isUsual = basename(gitDirectory) === '.git';
  // Of a submodule git's folder lies elsewhere.
  const top = isUsual ? dirname(gitDirectory) : await personGit(folder, ['rev-parse', '--show-toplevel']);
  return { top: resolve(top), gitDirectory, name: basename(resolve(top)) };
}

/** What is checked out. */
export interface Standing {
  hasCommits: boolean;
  /** Null where a commit is checked out, not a branch. */
  branch: string | null;
  /** How many files are changed and not committed. */
  changed: number;
}

/** Asks git once: whoever adds a task waits for it. A broken index is no reason to refuse one. */
export async function standing({ top }: LocalRepository): Promise<Standing> {
  const asked = ['status', '--porcelain=v2', '--branch', '--untracked-files=no'];
  const { exitCode, stdout } = await tryPersonGit(top, asked);
  if (exitCode !== 0) return await withoutIndex(top);
  const lines = stdout.split('\n');
  const header = (name: string) =>
    lines.find(line => line.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
  const branch = header('head') ?? null;
  return {
    hasCommits: header('oid') !== '(initial)',
    branch: branch === '(detached)' ? null : branch,
    changed: lines.filter(line => /^[12u] /.test(line)).length,
  };
}

async function withoutIndex(top: string): Promise<Standing> {
  const [head, branch] = await Promise.all([
    tryPersonGit(top, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
    tryPersonGit(top, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
  ]);
  return {
    hasCommits: head.exitCode === 0,
    branch: branch.exitCode === 0 ? branch.stdout : null,
    changed: 0,
  };
}

/** The branch that is checked out. Errors: E_EMPTY_REPOSITORY, E_DETACHED_HEAD. */
export async function currentBranch(repository: LocalRepository): Promise<string> {
  return branchOf(repository, await standing(repository));
}

/** The same of what is known already. */
export function branchOf({ top }: LocalRepository, { hasCommits, branch }: Standing): string {
  if (!hasCommits) {
    const remedy = 'Make a first one: git add . && git commit -m Start';
    throw new OrchError('E_EMPTY_REPOSITORY', `${top} has no commits yet`, { remedy });
  }
  if (branch !== null) return branch;
  throw new OrchError('E_DETACHED_HEAD', `In ${top} a commit is checked out, not a branch`);
}

/** The newest commit of a branch; null when there is no such branch. */
export async function commitOf({ top }: LocalRepository, branch: string): Promise<string | null> {
  const name = `refs/heads/${branch}^{commit}`;
  const found = await tryPersonGit(top, ['rev-parse', '--verify', '--quiet', name]);
  return found.exitCode === 0 ? found.stdout : null;
}

/** Who the person is to git; what it does not say is filled in. */
export async function personOf({ top }: LocalRepository): Promise<{ name: string; email: string }> {
  const { stdout } = await tryPersonGit(top, ['config', '--null', '--get-regexp', '^user\\.(name|email)$']);
  // Of several the last one counts, as for git.
  const said = Object.fromEntries(stdout.split('\0').map(entry => entry.split('\n', 2)));
  const [name, email] = [said['user.name']?.trim(), said['user.email']?.trim()];
  return { name: name || 'Orch', email: email || 'orch@localhost' };
}

/** A file as it is on a branch, or on the one that is checked out; null when it is not there. */
export async function fileOn(
  { top }: LocalRepository,
  branch: string | null,
  path: string,
): Promise<string | null> {
  const commit = branch === null ? 'HEAD' : `refs/heads/${branch}`;
  const shown = await tryPersonGit(top, ['cat-file', 'blob', `${commit}:${path}`]);
  return shown.exitCode === 0 ? shown.stdout : null;
}

/** Runs git as the person would, with their settings and hooks. Gives what it printed. Errors: E_PROGRAM_FAILED. */
export async function personGit(folder: string, args: readonly string[]): Promise<string> {
  const result = await tryPersonGit(folder, args);
  if (result.exitCode !== 0) throw failure(args, result);
  return result.stdout;
}

/** Like personGit, for commands whose failure is an expected answer. */
export function tryPersonGit(folder: string, args: readonly string[]): Promise<ProgramResult> {
  return tryProgram('git', ['-C', folder, ...args], {
    extendEnv: false,
    env: { ...withoutGit(process.env), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: 'true' },
  });
}

/** Git tells its hooks by such variables where they are: from there Orch may be called for another repository. */
function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|OBJECT_DIRECTORY|NAMESPACE)$/.test(name),
    ),
  );
}

function failure(args: readonly string[], { exitCode, stdout, stderr }: ProgramResult): OrchError {
  return new OrchError('E_PROGRAM_FAILED', `git ${args[0]} exited with ${exitCode}: ${stderr || stdout}`);
}

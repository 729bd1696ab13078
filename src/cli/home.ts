import { dirname, join, resolve } from 'node:path';

// As in bin/orch.js: importing node:fs would load its streams.
const { existsSync, readFileSync, statSync } = process.getBuiltinModule('node:fs');
const { homedir } = process.getBuiltinModule('node:os');

/**
 * Where the daemon keeps its things that is meant here: ORCH_HOME, what the settings file says, the desk of the repository
 * around, else `~/.orch`. Most settings files don't say, and then none of the parsers is loaded: a command must not take
 * longer than Node itself.
 */
export async function findHome(options: { config?: string | undefined }): Promise<string> {
  const { env } = process;
  const userHome = env.HOME || homedir();
  if (env.ORCH_HOME) return resolve(env.ORCH_HOME.replace(/^~(?=\/|$)/, userHome));
  const desk = deskAround(env);
  const usual = join(desk ?? userHome, '.orch');
  const named = options.config ?? (env.ORCH_CONFIG || undefined);
  const files = desk === null ? ['orch.yaml', join(usual, 'orch.yaml')] : [join(desk, 'orch.yaml')];
  const file = named ?? files.find(path => existsSync(path));
  if (file === undefined || !/\bhome\b/.test(tryRead(file))) return usual;
  const { settingsHere } = await import('./settings.ts');
  return settingsHere(env, named).settings.orchestrator.home;
}

/**
 * The folder of the repository whose desk is meant; null for the App of this user: by its credentials, or because it has its
 * home in `~/.orch` and the repository none.
 */
export function deskAround(env: NodeJS.ProcessEnv): string | null {
  const folder = repositoryAround();
  if (folder === null || env.APP_ID || env.PRIVATE_KEY || env.PRIVATE_KEY_PATH) return null;
  const isApp = existsSync(join(env.HOME || homedir(), '.orch')) && !existsSync(join(folder, '.orch'));
  return isApp && !env.ORCH_HOME ? null : folder;
}

/**
 * The branch of the linked worktree that a command is given in, which the daemon, at home in the main one, does not see. Null
 * in the main one, and where no branch is checked out.
 */
export function linkedBranch(): string | null {
  const link = placeAround()?.link ?? null;
  return link === null ? null : (/^ref: refs\/heads\/(.+)$/m.exec(tryRead(join(link, 'HEAD')))?.[1] ?? null);
}

function repositoryAround(): string | null {
  return placeAround()?.folder ?? null;
}

/**
 * The main worktree of the repository around, as `git rev-parse --git-common-dir` would lead to, without starting git; and
 * where git keeps what is the linked one's own, if it is that.
 */
function placeAround(): { folder: string; link: string | null } | null {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    if (existsSync(git)) {
      if (statSync(git).isDirectory()) return { folder, link: null };
      const [, link, main] =
        /^gitdir: ((.+)[/\\]\.git[/\\]worktrees[/\\][^/\\\n]+)\s*$/.exec(tryRead(git)) ?? [];
      if (link === undefined || main === undefined) return { folder, link: null };
      return { folder: resolve(folder, main), link: resolve(folder, link) };
    }
    if (dirname(folder) === folder) return null;
  }
}

/** A file that can't be read is left to the settings' own loader, which says why. */
function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'home';
  }
}

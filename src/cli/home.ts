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
  const desk = findDesk();
  const usual = join(userHome, '.orch');
  const named = options.config ?? (env.ORCH_CONFIG || undefined);
  const folders = [process.cwd(), ...(desk === null ? [usual] : [desk])];
  const file = named ?? folders.map(folder => join(folder, 'orch.yaml')).find(path => existsSync(path));
  if (file !== undefined && /\bhome\b/.test(tryRead(file))) {
    const { loadSettings } = await import('../config/settings.ts');
    const where = desk === null ? {} : { desk: { folder: desk, agents: null } };
    const sources = { env, ...where, ...(named === undefined ? {} : { file: named }) };
    return loadSettings(sources).settings.orchestrator.home;
  }
  // An App's daemon may serve somebody who stands in some repository.
  if (desk === null || (!existsSync(join(desk, '.orch')) && existsSync(usual))) return usual;
  return join(desk, '.orch');
}

/** The folder of the repository around: its main worktree, as `git rev-parse --git-common-dir` would lead to; null outside. */
function findDesk(): string | null {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    if (existsSync(git)) {
      if (statSync(git).isDirectory()) return folder;
      const main = /^gitdir: (.+)[/\\]\.git[/\\]worktrees[/\\][^/\\]+\s*$/.exec(tryRead(git))?.[1];
      return main === undefined ? folder : resolve(folder, main);
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

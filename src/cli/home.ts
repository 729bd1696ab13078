import { join, resolve } from 'node:path';

// As in bin/orch.js: importing node:fs would load its streams.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
const { homedir } = process.getBuiltinModule('node:os');

/**
 * Where the daemon of this user keeps its things. Most settings files don't say, and then none of the parsers is loaded:
 * a command must not take longer than Node itself.
 */
export async function findHome(options: { config?: string | undefined }): Promise<string> {
  const { env } = process;
  const userHome = env.HOME || homedir();
  const usual = resolve((env.ORCH_HOME || '~/.orch').replace(/^~(?=\/|$)/, userHome));
  const named = options.config ?? (env.ORCH_CONFIG || undefined);
  const file = named ?? ['orch.yaml', join(usual, 'orch.yaml')].find(path => existsSync(path));
  if (env.ORCH_HOME || file === undefined || !/\bhome\b/.test(tryRead(file))) return usual;
  const { loadSettings } = await import('../config/settings.ts');
  return loadSettings({ env, ...(named === undefined ? {} : { file: named }) }).settings.orchestrator.home;
}

/** A file that can't be read is left to the settings' own loader, which says why. */
function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'home';
  }
}

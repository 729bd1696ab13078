import { mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder for the demo's home. Anybody may write to the machine's `/tmp`, and gemini reads no settings below such a
 * folder. A sandbox has a `/tmp` of its own; without one it is in the user's cache.
 */
export function makeHome(sandbox: string, { XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  const parent = sandbox === 'none' ? XDG_CACHE_HOME || join(homedir(), '.cache') : tmpdir();
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'orch-demo-'));
}

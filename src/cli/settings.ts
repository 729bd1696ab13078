import { loadSettings } from '../config/settings.ts';
import { deskAround } from './home.ts';

/**
 * The settings that hold where a command is given, and what in them does nothing yet: of the desk of the repository around,
 * or of the App of this user. Errors: E_SETTINGS.
 */
export function settingsHere(
  env: NodeJS.ProcessEnv,
  file: string | undefined,
): ReturnType<typeof loadSettings> {
  const folder = deskAround(env);
  const desk = folder === null ? {} : { desk: { folder, agents: null } };
  return loadSettings({ env, ...desk, ...(file === undefined ? {} : { file }) });
}

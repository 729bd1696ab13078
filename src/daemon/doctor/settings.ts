import { readFileSync } from 'node:fs';
import { settingsHere } from '../../cli/settings.ts';
import { readAppEnvironment } from '../../config/environment.ts';
import { loadSettings, type Settings } from '../../config/settings.ts';
import { OrchError } from '../../shared/errors.ts';
import { type Finding, note, ok, problem } from './finding.ts';

/** The settings, and what is wrong with them; with a file that is not valid the rest is checked by the defaults. */
export function checkSettings(
  env: NodeJS.ProcessEnv,
  file: string | undefined,
  desk: string | null,
): { settings: Settings; found: Finding[] } {
  try {
    const { settings, warnings } = settingsHere(env, file);
    return {
      settings,
      found: [ok('settings', 'valid'), ...warnings.map(warning => note('settings', warning))],
    };
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    const { HOME, ORCH_HOME } = env;
    const { settings } = loadSettings({
      env: { HOME, ...(ORCH_HOME === undefined ? {} : { ORCH_HOME }) },
      text: '',
      ...(desk === null ? {} : { desk: { folder: desk, agents: null } }),
    });
    return { settings, found: [problem('settings', error.message, error.remedy)] };
  }
}

/** What Orch signs in to GitHub with; only that it is there and well-formed, GitHub is not asked. */
export function checkCredentials(env: NodeJS.ProcessEnv): Finding {
  try {
    const credentials = readAppEnvironment(env, path => readFileSync(path, 'utf8'));
    if (credentials !== 'setup')
      return ok('credentials', `App ${credentials.appId} at ${credentials.webBaseUrl}`);
    return note(
      'credentials',
      'none yet',
      'Start orch serve: it leads to the page that registers the GitHub App.',
    );
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    return problem('credentials', error.message, error.remedy);
  }
}

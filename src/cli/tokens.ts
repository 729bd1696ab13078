import { addToken, readTokens, removeToken } from '../config/tokens.ts';
import type { Common } from './common.ts';
import { say, sayJson, sayTable } from './output.ts';
import { settingsHere } from './settings.ts';

/** `orch tokens`: who may use the API over TCP. */
export async function list(options: Common): Promise<void> {
  const holders = readTokens(tokensFile(options)).map(({ name, role }) => ({ name, role }));
  if (options.json) return sayJson(holders);
  if (holders.length === 0) return say('No tokens. Make one with: orch tokens add NAME --role read');
  sayTable(
    holders.map(({ name, role }) => [name, role]),
    ['NAME', 'ROLE'],
  );
}

/** `orch tokens add NAME`: the token goes to standard output, and nothing else does. */
export async function add(name: string, options: Common & { role: string }): Promise<void> {
  const token = addToken(tokensFile(options), name, options.role);
  if (options.json) sayJson({ name, role: options.role, token });
  else say(token);
}

/** `orch tokens remove NAME`. */
export async function remove(name: string, options: Common): Promise<void> {
  removeToken(tokensFile(options), name);
  if (options.json) sayJson({ name, removed: true });
  else say(`The token of ${name} is taken back.`);
}

function tokensFile({ config }: Common): string {
  const { settings } = settingsHere(process.env, config);
  return settings.api.tokensFile;
}

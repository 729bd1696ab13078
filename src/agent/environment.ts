import { delimiter, dirname, isAbsolute, resolve, sep } from 'node:path';
import { PACKAGE_FILE } from '../shared/own-programs.ts';
import { TERMINAL_TYPE } from './terminals.ts';

const PASSED = new Set([
  ...['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'],
  ...['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
]);
const PASSED_KINDS = /^(LC_|XDG_)|^(https?|all|ftp|no)_proxy$/i;

/** Orch's own: no setting can hand them to an agent. Agents write to GitHub through the broker alone. */
const WITHHELD =
  /^(ORCH_|PRIVATE_KEY|GITHUB_CLIENT_)|^(APP_ID|WEBHOOK_SECRET|WEBHOOK_PROXY_URL)$|^(GITHUB|GH)(_ENTERPRISE)?_TOKEN$/;

/** Nobody sits before the agent's programs: they must neither ask nor page. */
const HEADLESS = { GIT_TERMINAL_PROMPT: '0', GIT_EDITOR: 'true', GIT_PAGER: 'cat', PAGER: 'cat' };

const OWN_ROOT = dirname(PACKAGE_FILE);

/**
 * All that an agent sees: an allow-list of the daemon's environment (logins lie in HOME), the profile's own entries,
 * and what the run adds. PATH starts with the run's `bin`; programs that Orch itself depends on are not on it.
 */
export function agentEnvironment(
  daemon: NodeJS.ProcessEnv,
  profile: Record<string, string>,
  run: { bin: string; variables?: Record<string, string> },
): Record<string, string> {
  const environment = {
    ...pick(daemon, name => PASSED.has(name) || PASSED_KINDS.test(name)),
    TERM: TERMINAL_TYPE,
    ...HEADLESS,
    ...pick(profile, name => !WITHHELD.test(name)),
    ...run.variables,
  };
  return { ...environment, PATH: searchPath(run.bin, profile.PATH ?? daemon.PATH ?? '/usr/bin:/bin') };
}

function pick(from: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(from).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && wanted(entry[0]),
  );
  return Object.fromEntries(entries);
}

function searchPath(bin: string, path: string): string {
  // A relative entry would find programs in whatever repository the agent works in.
  const entries = path.split(delimiter).filter(entry => isAbsolute(entry) && !isOwn(entry));
  return [bin, ...entries].join(delimiter);
}

// npm puts node_modules/.bin of the package and of each folder above it on PATH, and a folder of its own below.
function isOwn(entry: string): boolean {
  const folder = resolve(entry);
  if (folder.startsWith(`${OWN_ROOT}${sep}node_modules${sep}`)) return true;
  if (!folder.endsWith(`${sep}node_modules${sep}.bin`)) return false;
  const holder = dirname(dirname(folder));
  return `${OWN_ROOT}${sep}`.startsWith(holder === sep ? sep : `${holder}${sep}`);
}

/** Stands for `DEFAULT_HOSTS` in a list. */
export const DEFAULTS = 'defaults';

/** The models that coding agents talk to, and the registries that packages come from. */
const DEFAULT_HOSTS: readonly string[] = [
  ...['api.anthropic.com', 'console.anthropic.com', 'platform.claude.com', 'claude.ai'],
  ...['api.openai.com', 'auth.openai.com', 'chatgpt.com'],
  ...['generativelanguage.googleapis.com', 'cloudcode-pa.googleapis.com', 'oauth2.googleapis.com'],
  ...['*.cursor.sh', 'models.dev', 'opencode.ai', 'openrouter.ai'],
  ...['registry.npmjs.org', 'registry.yarnpkg.com', 'pypi.org', 'files.pythonhosted.org'],
  ...['crates.io', 'index.crates.io', 'static.crates.io', 'proxy.golang.org', 'sum.golang.org'],
  ...['rubygems.org', 'index.rubygems.org', 'repo.maven.apache.org', 'repo1.maven.org', 'plugins.gradle.org'],
  ...['services.gradle.org', 'api.nuget.org', 'packagist.org', 'repo.packagist.org', 'hex.pm', 'repo.hex.pm'],
];

const ENTRY = /^(\*\.)?([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:(\d{1,5}))?$/i;

/** Whether a text can stand in `allow_hosts`. */
export function isHostEntry(text: string): boolean {
  const port = ENTRY.exec(text)?.[5];
  return text === DEFAULTS || (ENTRY.test(text) && (port === undefined || Number(port) <= 65_535));
}

export interface Allowed {
  /** The host is named in the settings, letter by letter: then it may be at a private address too. */
  named: boolean;
}

/** Whether a list lets a host and port through; null when not. Without a port an entry means 443 and 80. */
export function allows(list: readonly string[], host: string, port: number): Allowed | null {
  const own = list.filter(entry => entry !== DEFAULTS);
  if (own.some(entry => !entry.startsWith('*') && matches(entry, host, port))) return { named: true };
  const all = [...own, ...(list.includes(DEFAULTS) ? DEFAULT_HOSTS : [])];
  return all.some(entry => matches(entry, host, port)) ? { named: false } : null;
}

function matches(entry: string, host: string, port: number): boolean {
  const [, wild, wanted = '', , , ofPort] = ENTRY.exec(entry) ?? [];
  const isPort = ofPort === undefined ? port === 443 || port === 80 : port === Number(ofPort);
  const [name, known] = [plainHost(host), plainHost(wanted)];
  return isPort && (wild === undefined ? name === known : name.endsWith(`.${known}`));
}

/** As names are compared: without case, the dot at the end, and the brackets of an address. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

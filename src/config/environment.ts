import { createPrivateKey } from 'node:crypto';
import { OrchError } from '../shared/errors.ts';

/** What Orch signs in to GitHub with. */
export interface AppCredentials {
  appId: number;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  webhookProxyUrl: string | null;
  /** Without a slash at the end. */
  apiBaseUrl: string;
  webBaseUrl: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The environment variables of Orch, which are Probot's where Probot has one, and what they are for. */
export const ENVIRONMENT: readonly [name: string, meaning: string][] = [
  ['APP_ID', 'The id of the GitHub App.'],
  ['PRIVATE_KEY', "The App's private key: PEM, with `\\n` for line ends if need be, or that in base64."],
  ['PRIVATE_KEY_PATH', 'The file that holds the private key, where `PRIVATE_KEY` is not set.'],
  ['WEBHOOK_SECRET', 'What GitHub signs webhooks with: at least 32 random characters.'],
  ['WEBHOOK_PROXY_URL', 'A smee.io channel that webhooks come through, for development.'],
  ['GHE_HOST', 'The host of a GitHub Enterprise Server, with its port if it has one.'],
  ['GHE_PROTOCOL', '`https` unless set.'],
  ['HOST', 'Goes before `server.host`.'],
  ['PORT', 'Goes before `server.port`.'],
  ['LOG_LEVEL', 'Goes before `orchestrator.log_level`.'],
  ['ORCH_HOME', 'Goes before `orchestrator.home`.'],
  ['ORCH_CONFIG', 'The settings file.'],
];

/**
 * The App's credentials, or `setup` when there are none yet. `readFile` gives the text of a file or throws.
 * Errors: E_APP_ID, E_PRIVATE_KEY, E_WEBHOOK_SECRET, E_SETTINGS for what is no URL.
 */
export function readAppEnvironment(env: Env, readFile: (path: string) => string): AppCredentials | 'setup' {
  if (!env.APP_ID && !env.PRIVATE_KEY && !env.PRIVATE_KEY_PATH) return 'setup';
  return {
    appId: readAppId(env.APP_ID ?? ''),
    privateKey: readPrivateKey(env, readFile),
    webhookSecret: readWebhookSecret(env.WEBHOOK_SECRET ?? ''),
    webhookProxyUrl: env.WEBHOOK_PROXY_URL ? readUrl('WEBHOOK_PROXY_URL', env.WEBHOOK_PROXY_URL).href : null,
    ...readAddresses(env),
  };
}

function readAppId(text: string): number {
  if (text === '') throw new OrchError('E_APP_ID', 'APP_ID is missing');
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0)
    throw new OrchError('E_APP_ID', 'APP_ID is not a number');
  return Number(text);
}

function readPrivateKey(env: Env, readFile: (path: string) => string): string {
  const pem = toPem(env.PRIVATE_KEY || readKeyFile(env.PRIVATE_KEY_PATH, readFile));
  const where = env.PRIVATE_KEY ? 'PRIVATE_KEY' : `the file ${env.PRIVATE_KEY_PATH}`;
  // The cause of a failure is left out: it might quote the key.
  if (keyType(pem) !== 'rsa') throw new OrchError('E_PRIVATE_KEY', `There is no RSA private key in ${where}`);
  return pem;
}

function readKeyFile(path: string | undefined, readFile: (path: string) => string): string {
  if (!path)
    throw new OrchError('E_PRIVATE_KEY', 'APP_ID is set, and neither PRIVATE_KEY nor PRIVATE_KEY_PATH');
  try {
    return readFile(path);
  } catch (cause) {
    throw new OrchError('E_PRIVATE_KEY', `PRIVATE_KEY_PATH can't be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function toPem(text: string): string {
  const decoded = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  return `${decoded.replaceAll('\\n', '\n').replaceAll('\r', '').trim()}\n`;
}

function keyType(pem: string): string | null {
  try {
    return createPrivateKey(pem).asymmetricKeyType ?? null;
  } catch {
    return null;
  }
}

function readWebhookSecret(secret: string): string {
  if (secret === '') throw new OrchError('E_WEBHOOK_SECRET', 'WEBHOOK_SECRET is missing');
  if (secret === 'development') {
    throw new OrchError('E_WEBHOOK_SECRET', 'WEBHOOK_SECRET is "development", which everybody knows');
  }
  if (secret.length < 32)
    throw new OrchError('E_WEBHOOK_SECRET', 'WEBHOOK_SECRET has fewer than 32 characters');
  return secret;
}

function readAddresses(env: Env): Pick<AppCredentials, 'apiBaseUrl' | 'webBaseUrl'> {
  const host = env.GHE_HOST;
  if (!host) return { apiBaseUrl: 'https://api.github.com', webBaseUrl: 'https://github.com' };
  const url = readUrl('GHE_HOST', `${env.GHE_PROTOCOL || 'https'}://${host}`);
  if (url.href !== `${url.origin}/`)
    throw new OrchError('E_SETTINGS', 'GHE_HOST is more than a host and port');
  return { apiBaseUrl: `${url.origin}/api/v3`, webBaseUrl: url.origin };
}

function readUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new OrchError('E_SETTINGS', `${name} makes no address: ${text}`, {
    remedy: `Correct ${name}${name === 'GHE_HOST' ? ' or GHE_PROTOCOL' : ''} in the environment.`,
  });
}

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAppEnvironment } from '../../src/config/environment.ts';
import { OrchError } from '../../src/shared/errors.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const secret = 's'.repeat(32);
const complete = { APP_ID: '12', PRIVATE_KEY: pem, WEBHOOK_SECRET: secret };

function noFile(path: string): string {
  throw new Error(`ENOENT: no such file, open '${path}'`);
}

function code(env: Record<string, string | undefined>, readFile = noFile): string {
  try {
    readAppEnvironment(env, readFile);
  } catch (error) {
    if (error instanceof OrchError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('the environment', () => {
  it('names the App, its key and its secret', () => {
    expect(readAppEnvironment(complete, noFile)).toEqual({
      appId: 12,
      privateKey: pem,
      webhookSecret: secret,
      webhookProxyUrl: null,
      apiBaseUrl: 'https://api.github.com',
      webBaseUrl: 'https://github.com',
    });
  });

  it('leads to setup when it names no App yet', () => {
    expect(readAppEnvironment({}, noFile)).toBe('setup');
    expect(readAppEnvironment({ WEBHOOK_SECRET: 'development', APP_ID: '' }, noFile)).toBe('setup');
  });

  it.each([
    ['with line ends written as \\n', pem.replaceAll('\n', '\\n')],
    ['with Windows line ends', pem.replaceAll('\n', '\r\n')],
    ['in base64', Buffer.from(pem).toString('base64')],
    ['in PKCS #8', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ])('may hold the key %s', (_, PRIVATE_KEY) => {
    const read = readAppEnvironment({ ...complete, PRIVATE_KEY }, noFile);
    expect(read).toMatchObject({
      privateKey: expect.stringMatching(/^-----BEGIN [A-Z ]+-----\n[^\\\r]+\n$/),
    });
  });

  it('may name the file of the key', () => {
    const env = { APP_ID: '12', PRIVATE_KEY_PATH: '/key.pem', WEBHOOK_SECRET: secret };
    const files = (path: string) => (path === '/key.pem' ? pem : noFile(path));
    expect(readAppEnvironment(env, files)).toMatchObject({ privateKey: pem });
  });

  it('may name a GitHub Enterprise Server', () => {
    const enterprise = { ...complete, GHE_HOST: 'github.example:8443' };
    expect(readAppEnvironment(enterprise, noFile)).toMatchObject({
      apiBaseUrl: 'https://github.example:8443/api/v3',
      webBaseUrl: 'https://github.example:8443',
    });
    expect(readAppEnvironment({ ...enterprise, GHE_PROTOCOL: 'http' }, noFile)).toMatchObject({
      apiBaseUrl: 'http://github.example:8443/api/v3',
    });
  });

  it('may name a proxy for webhooks', () => {
    const read = readAppEnvironment({ ...complete, WEBHOOK_PROXY_URL: 'https://smee.io/x' }, noFile);
    expect(read).toMatchObject({ webhookProxyUrl: 'https://smee.io/x' });
  });
});

describe('the environment is refused', () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const otherKey = elliptic.export({ type: 'pkcs8', format: 'pem' }).toString();

  it.each([
    ['without a secret', { WEBHOOK_SECRET: undefined }, 'E_WEBHOOK_SECRET'],
    ['with an empty secret', { WEBHOOK_SECRET: '' }, 'E_WEBHOOK_SECRET'],
    ["with Probot's default secret", { WEBHOOK_SECRET: 'development' }, 'E_WEBHOOK_SECRET'],
    ['with a short secret', { WEBHOOK_SECRET: 's'.repeat(31) }, 'E_WEBHOOK_SECRET'],
    ['without a key', { PRIVATE_KEY: undefined }, 'E_PRIVATE_KEY'],
    ['with a key that is none', { PRIVATE_KEY: 'hello' }, 'E_PRIVATE_KEY'],
    ['with half a key', { PRIVATE_KEY: pem.slice(0, 300) }, 'E_PRIVATE_KEY'],
    ['with a key of another kind', { PRIVATE_KEY: otherKey }, 'E_PRIVATE_KEY'],
    ["with a key file that isn't there", { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/no' }, 'E_PRIVATE_KEY'],
    ['without an id', { APP_ID: undefined }, 'E_APP_ID'],
    ['with an id that is no number', { APP_ID: 'Iv1.abc' }, 'E_APP_ID'],
    ['with the id 0', { APP_ID: '0' }, 'E_APP_ID'],
    ['with a host that is more than one', { GHE_HOST: 'github.example/api' }, 'E_SETTINGS'],
    ['with a host that is none', { GHE_HOST: 'a b' }, 'E_SETTINGS'],
    ['with an unknown protocol', { GHE_HOST: 'a.example', GHE_PROTOCOL: 'ftp' }, 'E_SETTINGS'],
    ['with a proxy that is no address', { WEBHOOK_PROXY_URL: 'smee' }, 'E_SETTINGS'],
  ])('%s', (_, change, expected) => expect(code({ ...complete, ...change })).toBe(expected));

  it('without repeating the key', () => {
    const broken = pem.replace('BEGIN', 'BEGINS');
    expect(() => readAppEnvironment({ ...complete, PRIVATE_KEY: broken }, noFile)).toThrow(
      'There is no RSA private key in PRIVATE_KEY',
    );
  });
});

import fc from 'fast-check';
import { readAppEnvironment } from '../../../src/config/environment.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import { OrchError } from '../../../src/shared/errors.ts';
import { noise } from '../noise.ts';
import { CANARY, mustNotHold, pure, type Surface, Violation } from '../surface.ts';

type Environment = Record<string, string>;

const GOOD: Environment = {
  APP_ID: '1',
  PRIVATE_KEY: `-----BEGIN RSA PRIVATE KEY-----\n${CANARY}\n-----END RSA PRIVATE KEY-----`,
  WEBHOOK_SECRET: `${CANARY}-and-more-characters`,
};
const NAMES = [
  'APP_ID',
  'PRIVATE_KEY',
  'PRIVATE_KEY_PATH',
  'WEBHOOK_SECRET',
  'WEBHOOK_PROXY_URL',
  'GHE_HOST',
  'GHE_PROTOCOL',
  'HOST',
  'PORT',
  'LOG_LEVEL',
  'ORCH_HOME',
];

const BAD: Record<string, string[]> = {
  APP_ID: ['', '0', '-1', 'abc', '1e5', '1.5', '9'.repeat(30), ' 1', '0x1'],
  PRIVATE_KEY: [
    '',
    'nonsense',
    '-----BEGIN RSA PRIVATE KEY-----',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    'A'.repeat(5000),
  ],
  PRIVATE_KEY_PATH: ['/nowhere', '../../etc/shadow', '\u0000', 'x'.repeat(5000)],
  WEBHOOK_SECRET: ['', 'development', 'short', 'x'.repeat(31)],
  WEBHOOK_PROXY_URL: ['smee', 'file:///etc/passwd', 'javascript:alert(1)', 'ftp://x', '//x'],
  GHE_HOST: ['a b', 'host/path', 'https://x', 'x?y', 'user:pass@host', '[::1'],
  GHE_PROTOCOL: ['ftp', 'javascript', 'file', 'https:'],
  PORT: ['-1', '65536', 'eighty', '1e9', '3000.5', '0x50'],
  LOG_LEVEL: ['loud', 'INFO', '5'],
};

/** The environment: a refusal names the variable, and never what a secret one holds. */
export const environment: Surface<Environment> = pure({
  name: 'environment',
  weight: 6,
  named: Object.fromEntries(
    Object.entries(BAD).flatMap(([name, values]) =>
      values.map(value => [
        `${name}=${JSON.stringify(value.slice(0, 40))}`,
        { ...GOOD, ...(name === 'PRIVATE_KEY_PATH' ? { PRIVATE_KEY: '' } : {}), [name]: value },
      ]),
    ),
  ),
  arbitrary: fc
    .dictionary(fc.constantFrom(...NAMES), noise, { maxKeys: 5 })
    .map(changes => ({ ...GOOD, ...changes })),
  feed(env) {
    for (const read of [() => readAppEnvironment(env, readFile), () => loadSettings({ text: '', env })]) {
      try {
        const result = read();
        // There is no valid key among these.
        if (result !== 'setup' && 'privateKey' in result)
          throw new Violation('grant', 'credentials are taken');
      } catch (error) {
        if (!(error instanceof OrchError)) throw error;
        mustNotHold(`${error.message}${error.remedy}${error.cause}`, 'the error');
      }
    }
  },
});

function readFile(path: string): string {
  if (path.includes('\0'))
    throw Object.assign(new TypeError('path must be without null bytes'), { code: 'ERR_INVALID_ARG_VALUE' });
  if (path === '/nowhere') throw new Error('ENOENT: no such file');
  return CANARY;
}

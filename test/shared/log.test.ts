import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OrchError } from '../../src/shared/errors.ts';
import { openLog, silentLog } from '../../src/shared/log.ts';
import { openSecrets } from '../../src/shared/secrets/secrets.ts';
import { scramble } from '../support/fake-secrets.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('a log is JSON lines in a file for its owner alone, from its level up', async () => {
  await using home = await temporaryDirectory();
  const file = join(home.path, 'logs', 'orch.log');
  const log = openLog({ level: 'info', file });
  log.debug('not told');
  log.info({ task: 'T1' }, 'told\nin one line');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map(line => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 30, task: 'T1', msg: 'told\nin one line' }),
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a log to nowhere says nothing', () => {
  expect(openLog({ level: 'info' }).isLevelEnabled('fatal')).toBe(false);
  expect(silentLog().isLevelEnabled('fatal')).toBe(false);
});

it('a log has no secrets: not in lines, nor in what libraries hang on their errors', async () => {
  await using home = await temporaryDirectory();
  const file = join(home.path, 'orch.log');
  const secrets = openSecrets();
  secrets.know(scramble('webhook secret', 40), 'the webhook secret');
  const log = openLog({ level: 'debug', file, redact: secrets.redact });
  const token = `ghs_${scramble('token', 36)}`;
  const request = { headers: { authorization: `token ${token}` }, body: 'a long one' };
  const cause = Object.assign(new Error(`401 for ${token}\nat once`), { status: 401, request });
  log.error({ err: new OrchError('E_GITHUB', 'refused', { cause }) }, 'could not');
  log.info({ secret: scramble('webhook secret', 40), url: `https://x:${token}@github.com` }, `with ${token}`);
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(token.slice(4, 20));
  expect(text).not.toContain(scramble('webhook secret', 40).slice(0, 20));
  const [error, info] = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(error.err).toMatchObject({
    type: 'OrchError',
    code: 'E_GITHUB',
    cause: { message: '401 for [redacted]\nat once', status: 401 },
  });
  expect(JSON.stringify(error)).not.toMatch(/headers|a long one/);
  expect(info).toMatchObject({ secret: '[redacted]', msg: 'with [redacted]' });
});

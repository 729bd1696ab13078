import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog, silentLog } from '../../src/shared/log.ts';
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

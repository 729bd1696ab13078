import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Progress, readProgress } from '../../../src/agent/watch/progress.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const PROGRESS: Progress = {
  state: 'limited',
  since: 1,
  session: 's',
  model: 'm',
  text: 'Fixed.',
  activity: 'Bash npm test',
  events: 3,
  usage: { input: 10, cached: 5, output: 2 },
  costUsd: 0.25,
  retries: 1,
  limit: { kind: 'rate', reason: '429', until: null },
  end: null,
};

it('is read as it was written', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'progress.json'), JSON.stringify(PROGRESS));
  expect(readProgress(directory.path)).toEqual(PROGRESS);
});

it.each([
  '',
  'null',
  '{"state":',
  JSON.stringify({ ...PROGRESS, state: 'winning' }),
  JSON.stringify({ ...PROGRESS, usage: { input: -1, cached: 0, output: 0 } }),
  JSON.stringify({ ...PROGRESS, costUsd: null, text: 'x'.repeat(70_000) }),
])('is nothing when something else lies there', async text => {
  await using directory = await temporaryDirectory();
  expect(readProgress(directory.path)).toBeNull();
  await writeFile(join(directory.path, 'progress.json'), text);
  expect(readProgress(directory.path)).toBeNull();
});

it('is not read through a link', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, 'elsewhere'), JSON.stringify(PROGRESS));
  await symlink('elsewhere', join(directory.path, 'progress.json'));
  expect(readProgress(directory.path)).toBeNull();
});

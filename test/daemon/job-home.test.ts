import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openJobHome } from '../../src/daemon/job-home.ts';
import { queued } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

it('keeps a task for whoever opens it again', async () => {
  await using folder = await temporaryDirectory();
  const directory = join(folder.path, 'home');
  using first = openJobHome(directory);
  const { id } = queued(first.store);
  // The process that has it open was killed: nothing is closed.
  using second = openJobHome(directory);
  expect(second.store.tasks.get(id)).toEqual(first.store.tasks.get(id));
  expect(statSync(directory).mode & 0o077).toBe(0);
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStoreFile } from '../../src/store/file.ts';
import { memoryStore, NOW, queued } from '../support/tasks.ts';
import { daemon, place } from './place.ts';

describe('orch backup', () => {
  it('asks the daemon', async () => {
    using store = memoryStore();
    await using here = await place();
    const backup = { file: '/backups/orch-1.db', at: NOW, bytes: 2_345_678 };
    await using _api = await daemon(here, store, { backUp: async () => backup });
    expect(await here.orch(['backup'])).toMatchObject({ stdout: '/backups/orch-1.db  2.3 MB', exitCode: 0 });
    expect(JSON.parse((await here.orch(['backup', '--json'])).stdout)).toEqual({
      file: '/backups/orch-1.db',
      made_at: new Date(NOW).toISOString(),
      bytes: 2_345_678,
    });
  });

  it('does it itself where no daemon runs, and orch restore lists it', async () => {
    await using here = await place();
    expect((await here.orch(['restore'])).stdout).toBe('No backups.');
    expect((await here.orch(['backup'])).stderr).toMatch(/^E_BACKUP: There is no database at .*orch.db/);
    using store = openStoreFile(join(here.path, '.orch', 'orch.db'));
    queued(store);
    expect((await here.orch(['backup'])).stderr).toMatch(/^E_SECOND_DAEMON: /);
    store.close();
    const made = JSON.parse((await here.orch(['backup', '--json'])).stdout);
    expect(JSON.parse((await here.orch(['restore', '--json'])).stdout)).toEqual([made]);
    const { stdout } = await here.orch(['restore']);
    expect(stdout).toMatch(/^\S+Z +\d+ kB {2}\S+\.db\n/);
    expect(stdout).toContain('orch restore FILE');
  });
});

describe('orch restore', () => {
  it.each([
    ['that is not there', '/nowhere.db', 'E_BACKUP: /nowhere.db'],
    ['that is no database', import.meta.filename, 'not a database'],
  ])('with a file %s changes nothing', async (_what, file, message) => {
    await using here = await place();
    const database = join(here.path, '.orch', 'orch.db');
    openStoreFile(database).close();
    const { stderr, exitCode } = await here.orch(['restore', file]);
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(message)]);
    openStoreFile(database).close();
  });
});

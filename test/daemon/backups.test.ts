import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBackups } from '../../src/daemon/backups.ts';
import { silentLog } from '../../src/shared/log.ts';
import { openBackups } from '../../src/store/backups.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { fakeClock } from '../support/clock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const DAY = 24 * 3600_000;

it('a backup of a day that has not come, from before the clock was set back, puts off no other', async () => {
  await using folder = await temporaryDirectory();
  using store = openStoreFile(join(folder.path, 'orch.db'));
  const clock = fakeClock();
  const kept = { directory: join(folder.path, 'backups'), keep: 3 };
  await openBackups({ ...kept, now: () => clock.now() + DAY }).make(store.copyTo);
  const backups = openBackups({ ...kept, now: clock.now });
  const made = Promise.withResolvers<object>();
  const log = { ...silentLog(), info: (backup: object) => made.resolve(backup) };
  const schedule = startBackups({ store, backups, everyHours: 1, clock, log: log as never });
  await clock.advance(60_000);
  expect(await made.promise).toMatchObject({ at: clock.now() });
  await schedule.stop();
});

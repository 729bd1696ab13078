import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Backup, Backups } from '../store/backups.ts';
import type { FileStore } from '../store/file.ts';

export interface BackupScheduleOptions {
  store: FileStore;
  backups: Backups;
  /** 0: only when asked. */
  everyHours: number;
  clock: Clock;
  log: Log;
}

/** A start has better things to do first. */
const FIRST_MS = 60_000;

/** Backs the database up when it is time, and when asked; one backup at a time. */
export function startBackups({ store, backups, everyHours, clock, log }: BackupScheduleOptions) {
  const every = everyHours * 3600_000;
  const aborting = new AbortController();
  let under: Promise<Backup> | null = null;
  let failure: unknown = null;
  const rounds = keyedRounds({
    clock,
    work: whenDue,
    failed: (_: 'backup', err) => log.error({ err }, `no backup: ${describeError(err)}`),
    longestMs: 3600_000,
  });
  const first = every === 0 ? null : clock.after(FIRST_MS, () => rounds.wake('backup'));
  // A database that was too large to be checked at the start is checked by way of its copy.
  let isDue = !store.isChecked;

  async function whenDue(): Promise<number> {
    // One of a time to come is from before the clock was set back.
    const newest = backups.list().find(({ at }) => at <= clock.now());
    const due = (newest?.at ?? Number.NEGATIVE_INFINITY) + every;
    if (!isDue && clock.now() < due) return due;
    await make();
    return clock.now() + every;
  }

  function make(): Promise<Backup> {
    under ??= tell(backups.make(file => store.copyTo(file, aborting.signal))).finally(() => {
      under = null;
    });
    return under;
  }

  async function tell(making: Promise<Backup>): Promise<Backup> {
    try {
      const backup = await making;
      log.info(backup, 'the database is backed up');
      failure = null;
      isDue = false;
      return backup;
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  return {
    make,
    /** Why the last try failed; null when it did not. */
    failure: () => failure,
    async stop(): Promise<void> {
      first?.[Symbol.dispose]();
      aborting.abort();
      await Promise.all([rounds.stop(), under?.catch(() => {})]);
    },
  };
}

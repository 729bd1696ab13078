import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import { type DiskOptions, lackOfRoom } from './disk.ts';

/** `degraded`: what is there goes on, and something needs a person. `unhealthy`: nothing new can be taken. */
export interface Health {
  status: 'ok' | 'degraded' | 'unhealthy';
  /** What is wrong, for people. */
  reasons: string[];
}

export interface HealthOptions extends DiskOptions {
  store: Store;
  clock: Clock;
  /** Why the last backup failed. */
  backupFailure(): unknown;
}

/** Each look writes to the disk: strangers can't have more than one a second. */
const FRESH_MS = 1000;

/** Says how the daemon is, by trying. */
export function openHealth({ store, clock, backupFailure, ...disk }: HealthOptions): () => Promise<Health> {
  let last: { at: number; health: Promise<Health> } | null = null;

  async function look(): Promise<Health> {
    const failure = backupFailure();
    const isDamaged = failure instanceof OrchError && failure.code === 'E_DATABASE_DAMAGED';
    const broken = [attempt(store.probe), isDamaged ? failure.message : null];
    const lack = await lackOfRoom(disk).catch((error: Error) => error.message);
    const wanting = [
      lack && `${lack}: no agent is started`,
      failure && !isDamaged ? (failure as Error).message : null,
    ];
    const reasons = [...broken, ...wanting].filter(reason => reason !== null);
    if (reasons.length === 0) return { status: 'ok', reasons };
    return { status: broken.some(reason => reason !== null) ? 'unhealthy' : 'degraded', reasons };
  }

  return () => {
    const now = clock.now();
    if (last === null || now - last.at >= FRESH_MS || now < last.at) last = { at: now, health: look() };
    return last.health;
  };
}

function attempt(probe: () => void): string | null {
  try {
    probe();
    return null;
  } catch (error) {
    return `The database can't be written: ${(error as Error).message}`;
  }
}

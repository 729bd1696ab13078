import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import type { Connection } from './connection.ts';
import { findDamageInCopy, refuseDamage, verifyCopy } from './integrity.ts';
import { sync } from './sync.ts';

export interface Backup {
  file: string;
  /** When it was begun (ms since 1970). */
  at: number;
  bytes: number;
}

export interface BackupOptions {
  directory: string;
  /** How many are kept, the newest. */
  keep: number;
  now(): number;
}

export type Backups = ReturnType<typeof openBackups>;

const NAME = /^orch-(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)\.db$/;
const PARTIAL = '.partial';

/** The folder of backups. A file of it that bears a backup's name is whole, on disk and has been checked. */
export function openBackups({ directory, keep, now }: BackupOptions) {
  /** Newest first. */
  function list(): Backup[] {
    return names(directory)
      .flatMap(name => {
        const [, day, hour, minute, second] = NAME.exec(name) ?? [];
        if (day === undefined) return [];
        const file = join(directory, name);
        return { file, at: Date.parse(`${day}${hour}:${minute}:${second}`), bytes: statSync(file).size };
      })
      .sort((one, other) => other.at - one.at);
  }

  function begin(): { at: number; file: string; partial: string } {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of names(directory).filter(isPartial)) rmSync(join(directory, name));
    const at = now();
    const file = join(directory, `orch-${new Date(at).toISOString().replaceAll(':', '-')}.db`);
    const partial = file + PARTIAL;
    closeSync(openSync(partial, 'wx', 0o600));
    return { at, file, partial };
  }

  function keepIt({ at, file, partial }: ReturnType<typeof begin>): Backup {
    renameSync(partial, file);
    sync(directory);
    for (const old of list().slice(keep)) rmSync(old.file);
    return { file, at, bytes: statSync(file).size };
  }

  function failure(cause: unknown): unknown {
    for (const name of names(directory).filter(isPartial)) rmSync(join(directory, name), { force: true });
    if (cause instanceof OrchError) return cause;
    return new OrchError('E_BACKUP', `No backup could be made in ${directory}: ${(cause as Error).message}`, {
      cause,
    });
  }

  return {
    directory,
    list,
    newest: (): string | null => list()[0]?.file ?? null,
    /** Errors: E_BACKUP, and E_DATABASE_DAMAGED when the copy is, and so its original. */
    async make(copyTo: (file: string) => Promise<void>): Promise<Backup> {
      try {
        const begun = begin();
        await copyTo(begun.partial);
        await verifyCopy(begun.partial);
        const handle = await open(begun.partial);
        await handle.sync().finally(() => handle.close());
        return keepIt(begun);
      } catch (error) {
        throw failure(error);
      }
    },
    /** The same at one stroke, for a time at which nothing else goes on. */
    makeAtOnce(connection: Pick<Connection, 'prepare'>): Backup {
      try {
        const begun = begin();
        connection.prepare('vacuum into ?').run(begun.partial);
        refuseDamage(begun.partial, findDamageInCopy(begun.partial));
        sync(begun.partial);
        return keepIt(begun);
      } catch (error) {
        throw failure(error);
      }
    },
  };
}

function isPartial(name: string): boolean {
  return name.startsWith('orch-') && name.includes(PARTIAL);
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

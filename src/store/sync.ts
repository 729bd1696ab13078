import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

/** Waits until a file, or what names a folder holds, is on disk. */
export function sync(path: string): void {
  const handle = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

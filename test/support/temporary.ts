import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Every test's folders begin with this; what is left of them after a run fails the run. */
export const TEMPORARY_PREFIX = 'orch-test-';

export interface TemporaryDirectory extends AsyncDisposable {
  /** Absolute, symbolic links resolved, and short enough for unix sockets inside it. */
  readonly path: string;
}

/** A fresh folder with mode 0700, removed with all it holds at the end of the scope: `await using home = await temporaryDirectory()`. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await realpath(await mkdtemp(join(tmpdir(), TEMPORARY_PREFIX)));
  return {
    path,
    [Symbol.asyncDispose]: () => removeDirectory(path),
  };
}

/** A process that is just ending may still write a last file: tries again for some seconds instead of failing on ENOTEMPTY. */
export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 12, retryDelay: 50 });
}

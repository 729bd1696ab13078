import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import type { ApiOptions } from '../../src/api/options.ts';
import { serveApi } from '../../src/api/server.ts';
import { tryProgram } from '../../src/shared/program.ts';
import type { Store } from '../../src/store/open.ts';
import { apiOptions } from '../support/api.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ORCH = resolve('bin/orch.js');

export interface Place extends AsyncDisposable {
  path: string;
  /** Runs the command in an empty folder with this environment and no other. */
  orch(
    args: string[],
    env?: Record<string, string>,
    input?: string,
  ): Promise<{ stdout: string; stderr: string; exitCode: number }>;
}

export async function place(): Promise<Place> {
  const folder = await temporaryDirectory();
  mkdirSync(join(folder.path, 'cwd'));
  return {
    path: folder.path,
    orch: (args, env = {}, input) =>
      tryProgram(process.execPath, [ORCH, ...args], {
        ...(input === undefined ? {} : { input, stdin: 'pipe' }),
        cwd: join(folder.path, 'cwd'),
        env: {
          HOME: folder.path,
          PATH: process.env.PATH ?? '',
          TMPDIR: process.env.TMPDIR ?? '/tmp',
          ...env,
        },
        extendEnv: false,
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A daemon's API over this store, in the place's `.orch` unless told otherwise. */
export async function daemon(
  where: Place,
  store: Store,
  { home = join(where.path, '.orch'), ...changes }: { home?: string } & Partial<ApiOptions> = {},
): Promise<AsyncDisposable> {
  mkdirSync(join(home, 'logs'), { recursive: true });
  return await serveApi(join(home, 'daemon.sock'), apiOptions(store, changes));
}

/** What a command prints in this process, whose home is the place's. */
export async function printed(home: string, work: () => Promise<void>): Promise<string> {
  vi.stubEnv('ORCH_HOME', home);
  const chunks: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    chunks.push(String(chunk));
    return true;
  });
  try {
    await work();
    return chunks.join('');
  } finally {
    write.mockRestore();
  }
}

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ApiOptions } from '../../src/api/options.ts';
import { serveApi } from '../../src/api/server.ts';
import { silentLog } from '../../src/shared/log.ts';
import { tryProgram } from '../../src/shared/program.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import type { Store } from '../../src/store/open.ts';
import { fakeClock } from '../support/clock.ts';
import { NOW, noBackup, noCheckpoints } from '../support/tasks.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ORCH = resolve('bin/orch.js');
const STARTED = new Date(NOW).toISOString();

export interface Place extends AsyncDisposable {
  path: string;
  /** Runs the command in an empty folder with this environment and no other. */
  orch(
    args: string[],
    env?: Record<string, string>,
  ): Promise<{ stdout: string; stderr: string; exitCode: number }>;
}

export async function place(): Promise<Place> {
  const folder = await temporaryDirectory();
  mkdirSync(join(folder.path, 'cwd'));
  return {
    path: folder.path,
    orch: (args, env = {}) =>
      tryProgram(process.execPath, [ORCH, ...args], {
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
  {
    home = join(where.path, '.orch'),
    backUp = noBackup,
  }: { home?: string; backUp?: ApiOptions['backUp'] } = {},
): Promise<AsyncDisposable> {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const about = { version: '1.2.3', pid: 99, started_at: STARTED, url: 'http://127.0.0.1:3000' };
  return await serveApi(join(home, 'daemon.sock'), {
    store,
    clock: fakeClock(NOW),
    log: silentLog(),
    redact: redactShapes,
    about,
    backUp,
    checkpoints: noCheckpoints(store),
    agents: [{ name: 'claude', maxInstances: 1 }],
    agentState: () => null,
  });
}

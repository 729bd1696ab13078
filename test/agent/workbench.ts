import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { watchRun } from '../../src/agent/ending.ts';
import { agentEnvironment } from '../../src/agent/environment.ts';
import type { Launch } from '../../src/agent/launch.ts';
import { closeTerminals, openTerminals, type Terminals } from '../../src/agent/terminals.ts';
import { silentLog } from '../../src/shared/log.ts';
import { removeDirectory } from '../support/temporary.ts';

/** A tmux server and a folder for runs, both gone when the test is over. */
export interface Workbench extends AsyncDisposable {
  directory: string;
  terminals: Terminals;
  /** A launch of one of test/fixtures/agents, its directories made. */
  prepare(run: string, argv: string[], changes?: Partial<Launch>): Launch;
}

export function openWorkbench(name = 'orch agents '): Workbench {
  const directory = mkdtempSync(join(tmpdir(), name));
  const terminals = openTerminals({ directory: join(directory, 'tmux'), log: silentLog() });
  return {
    directory,
    terminals,
    prepare: (run, argv, changes) => prepare(directory, run, argv, changes),
    async [Symbol.asyncDispose]() {
      await closeTerminals(terminals);
      await removeDirectory(directory);
    },
  };
}

/** The path of a fake agent. */
export function fixture(name: string): string {
  return resolve(import.meta.dirname, '../fixtures/agents', name);
}

/** Resolves when the run's exit code is there. */
export async function ended({ directory }: Launch): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _watch = watchRun(directory, { ended: resolve, progressed() {} });
  await promise;
}

function prepare(root: string, run: string, argv: string[], changes: Partial<Launch> = {}): Launch {
  const directory = join(root, run);
  const cwd = join(directory, 'work tree');
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  const promptFile = join(directory, 'prompt.md');
  writeFileSync(promptFile, 'Fix it.\n', { mode: 0o600 });
  return {
    ...{
      run,
      directory,
      cwd,
      argv,
      promptFile,
      prompt: 'file',
      model: null,
      session: null,
      install: null,
      setup: [],
      sandbox: [],
      enter: ':',
      narration: null,
    },
    environment: agentEnvironment(process.env, {}, { bin: join(directory, 'bin') }),
    logFile: join(directory, 'terminal.log'),
    outputLimitBytes: 1024 * 1024,
    ...changes,
  };
}

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closeTerminals, openTerminals } from '../../src/agent/terminals.ts';
import { homePaths } from '../../src/config/paths.ts';
import { silentLog } from '../../src/shared/log.ts';
import { type ProgramResult, tryProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

export interface Session extends AsyncDisposable {
  /** The person's repository, where everything is typed. */
  folder: string;
  /** Types a line into a shell; gives what it printed. Throws when it fails. */
  type(line: string): Promise<string>;
  /** Types a line that may fail. */
  tryType(line: string): Promise<ProgramResult>;
  /** Types a line again and again until it prints something that fits; gives that. */
  until(line: string, fits: RegExp): Promise<string>;
  /** Puts a shell script on PATH. */
  program(name: string, script: string): void;
}

const PATIENCE_MS = 45_000;

/**
 * A person at a shell in a fresh repository: `orch` and `orchestrate` are on PATH as an installed package has them, git, tmux
 * and the daemon are real, and the environment is theirs alone.
 */
export async function openSession(files: Record<string, string> = {}): Promise<Session> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory());
  const [folder, bin] = [join(path, 'shop'), join(path, 'bin')];
  for (const made of [folder, bin]) mkdirSync(made);
  for (const name of ['orch', 'orchestrate']) symlinkSync(resolve('bin/orch.js'), join(bin, name));
  symlinkSync(process.execPath, join(bin, 'node'));
  const env = {
    HOME: path,
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    // Signs scripted programs in that bear the names of known CLIs, and lets root be.
    ANTHROPIC_API_KEY: 'key-of-tests-for-claude',
    OPENAI_API_KEY: 'key-of-tests-for-codex',
    IS_SANDBOX: '1',
  };
  const tryType: Session['tryType'] = line =>
    tryProgram('sh', ['-c', line], { cwd: folder, env, extendEnv: false });
  async function type(line: string): Promise<string> {
    const { stdout, stderr, exitCode } = await tryType(line);
    if (exitCode !== 0) throw new Error(`${line}\n${stdout}\n${stderr}`);
    return stdout;
  }
  async function until(line: string, fits: RegExp): Promise<string> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const { stdout } = await tryType(line);
      if (fits.test(stdout)) return stdout;
      if (Date.now() > deadline) throw new Error(`${line} never said ${fits}, but:\n${stdout}`);
      await delay(100);
    }
  }
  function program(name: string, script: string): void {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  await type('git init -q -b main && git config user.name Ann && git config user.email ann@example.com');
  for (const [name, text] of Object.entries({ 'orch.yaml': SETTINGS, ...files })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  await type('git add . && git commit -qm Start');
  const home = homePaths(join(folder, '.orch'));
  stack.defer(() => closeTerminals(openTerminals({ directory: home.tmux, log: silentLog() })));
  stack.defer(async () => void (await tryType('orch stop --now')));
  const open = stack.move();
  return { folder, type, tryType, until, program, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** An agent of the session's own, on PATH: it gets its prompt on standard input. */
const SETTINGS = `agents:
  scribe: { command: [scribe], prompt: stdin, max_instances: 3 }
task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1 }
`;

/** What a scripted agent does when its work lies in the tree. */
export const SUBMIT = `git add -A && git commit -qm "Do it" && git push -q &&
  gh pr create --title "Do it" --body Done. && orch done "All is done."`;

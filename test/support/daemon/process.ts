import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FromDaemon, Question } from './protocol.ts';

export interface DaemonProcess {
  readonly pid: number;
  /** The port of its webhooks; null when it has ended before it listened. */
  readonly port: Promise<number | null>;
  /** How it has ended: the signal, null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** The last lines of its log, for messages. */
  said(): string;
  /** What one of its preloads says to this; null when it is gone. */
  ask<T>(kind: string, about?: unknown): Promise<T | null>;
  /** Rows of its database; null when it is gone. */
  query<T>(sql: string, ...values: unknown[]): Promise<T[] | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** `orch serve` as a child process. Its settings are `orch.yaml` in its home. */
export function startDaemonProcess(options: {
  home: string;
  env: NodeJS.ProcessEnv;
  /** Loaded before it, beside the one that answers `query` and `memory`. */
  preload?: string;
  /** Called with what preloads tell, and when it has ended. */
  told?(about: unknown): void;
}): DaemonProcess {
  const { home, env, told = () => {} } = options;
  const preloads = [join(import.meta.dirname, 'preload.ts'), ...(options.preload ? [options.preload] : [])];
  const imports = preloads.flatMap(file => ['--import', file]);
  const child = spawn(process.execPath, [...imports, join(ROOT, 'src', 'main.ts'), 'serve'], {
    cwd: home,
    env: { ...env, ORCH_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(-4000);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    said += `\nended with ${signal ?? `exit code ${code}`}`;
    return signal as NodeJS.Signals | null;
  });
  const listening = Promise.withResolvers<number | null>();
  const questions = new Map<number, (value: unknown) => void>();
  let asked = 0;
  child.on('message', (message: FromDaemon) => {
    if (message.kind === 'listening') listening.resolve(message.port);
    else if (message.kind === 'told') told(message.about);
    else {
      questions.get(message.id)?.(message.value);
      questions.delete(message.id);
    }
  });
  void ended.then(() => {
    listening.resolve(null);
    for (const answer of questions.values()) answer(null);
    questions.clear();
    told(null);
  });

  function ask<T>(kind: string, about: unknown = null): Promise<T | null> {
    // The channel may outlive the process by a moment.
    if (child.exitCode !== null || child.signalCode !== null || !child.connected)
      return Promise.resolve(null);
    const id = ++asked;
    return new Promise(resolve => {
      questions.set(id, resolve as (value: unknown) => void);
      child.send({ id, kind, about } satisfies Question, () => {});
    });
  }

  return {
    pid: child.pid as number,
    port: listening.promise,
    ended,
    said: () => said,
    ask,
    query: (sql, ...values) => ask('query', { sql, values }),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Armed, FromChild, ToChild } from './protocol.ts';

export interface TestDaemon {
  /** The port of its webhooks; null when it has ended before it listened. */
  readonly port: Promise<number | null>;
  /** How it has ended: the signal, null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  /** The last lines of its log, for messages. */
  said(): string;
  arm(armed: Armed | null): Promise<void>;
  /** The points passed since it was armed, also those up to its end when it was asked to stop; null after a kill. */
  passed(): Promise<Record<string, number> | null>;
  /** Rows of its database; null when it is gone. */
  query<T>(sql: string, ...values: unknown[]): Promise<T[] | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** `orch serve` as a child process, with crash points. `news` is called whenever it has written something. */
export function startTestDaemon(options: {
  home: string;
  env: NodeJS.ProcessEnv;
  armed: Armed | null;
  news(): void;
}): TestDaemon {
  const { home, env, armed, news } = options;
  const preload = join(import.meta.dirname, 'child', 'preload.ts');
  const child = spawn(process.execPath, ['--import', preload, join(ROOT, 'src', 'main.ts'), 'serve'], {
    cwd: home,
    env: { ...env, ORCH_HOME: home, ...(armed && { ORCH_TEST_CRASH: JSON.stringify(armed) }) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(-4000);
  });
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const listening = Promise.withResolvers<number | null>();
  const questions = new Map<number, (value: unknown) => void>();
  let asked = 0;
  let lastPassed: Record<string, number> | null = null;
  child.on('message', (message: FromChild) => {
    if (message.kind === 'listening') listening.resolve(message.port);
    else if (message.kind === 'news') news();
    else if (message.kind === 'ending') lastPassed = message.passed;
    else {
      questions.get(message.id)?.(message.value);
      questions.delete(message.id);
    }
  });
  void ended.then(() => {
    listening.resolve(null);
    for (const answer of questions.values()) answer(null);
    questions.clear();
    news();
  });
  const send = (message: ToChild) => child.connected && child.send(message, () => {});

  function ask<T>(question: (id: number) => ToChild): Promise<T | null> {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(null);
    const id = ++asked;
    return new Promise(resolve => {
      questions.set(id, resolve as (value: unknown) => void);
      send(question(id));
    });
  }

  return {
    port: listening.promise,
    ended,
    said: () => said,
    async arm(wanted) {
      send({ kind: 'arm', armed: wanted });
      await ask(id => ({ kind: 'passed', id }));
    },
    passed: async () => lastPassed ?? (await ask(id => ({ kind: 'passed', id }))),
    query: (sql, ...values) => ask(id => ({ kind: 'query', id, sql, values })),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

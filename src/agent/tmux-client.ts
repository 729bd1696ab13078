import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ProgramResult } from '../shared/program.ts';

/** One standing connection to a tmux server: a question over it starts no process. */
export interface TmuxClient extends Disposable {
  /** Null when there is no connection, or this can't be asked over it: then a process of its own will tell. */
  ask(args: readonly string[]): Promise<ProgramResult | null>;
}

export interface TmuxClientOptions {
  /** What reaches the server. */
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
}

const PATIENCE_MS = 5_000;
/** A server without sessions takes no client, and a tmux before 3.2 none like this: not to be tried at each look. */
const PAUSE_MS = 5_000;

interface Question {
  lines: string[];
  answer(result: ProgramResult | null): void;
}

/**
 * A client in tmux' control mode, connected when first asked, and again after its end. It joins the session that was used
 * last, hears nothing of what is printed there, and does not count for its size. It starts no server (-N) and keeps none
 * alive: it goes with its session.
 */
export function openTmuxClient(options: TmuxClientOptions): TmuxClient {
  let connection: Connection | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  function connected(): Connection | null {
    if (connection !== null || isClosed || performance.now() - triedAt < PAUSE_MS) return connection;
    triedAt = performance.now();
    connection = connect(options, wasUsed => {
      connection = null;
      if (wasUsed) triedAt = Number.NEGATIVE_INFINITY;
    });
    return connection;
  }

  return {
    async ask(args) {
      // One line, in quotes that nothing within ends.
      if (args.some(word => /['\n\r]/.test(word))) return null;
      return (await connected()?.ask(args.map(word => `'${word}'`).join(' '))) ?? null;
    },
    [Symbol.dispose]() {
      isClosed = true;
      connection?.close();
    },
  };
}

interface Connection {
  ask(line: string): Promise<ProgramResult | null>;
  close(): void;
}

function connect({ command, cwd, env }: TmuxClientOptions, ended: (wasUsed: boolean) => void): Connection {
  const [file = '', ...prefix] = command;
  const args = [...prefix, '-N', '-C', 'attach-session', '-f', 'no-output,ignore-size'];
  const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting: Question[] = [];
  let wasUsed = false;
  let isOver = false;
  /** Of the answer that is being read; null between answers. */
  let mark: string | null = null;

  function end(): void {
    if (isOver) return;
    isOver = true;
    child.kill('SIGKILL');
    for (const { answer } of waiting.splice(0)) answer(null);
    ended(wasUsed);
  }

  // %begin TIME NUMBER FLAGS, lines, then %end or %error with the same. Only an answer to one of our lines has the flag 1.
  function read(line: string): void {
    const [, kind, id] = /^%(begin|end|error) (\d+ \d+ 1)$/.exec(line) ?? [];
    if (mark === null) {
      if (kind === 'begin') mark = id ?? null;
      return;
    }
    if (id !== mark || kind === 'begin') return void waiting[0]?.lines.push(line);
    mark = null;
    wasUsed = true;
    const question = waiting.shift();
    const text = question?.lines.join('\n') ?? '';
    question?.answer(
      kind === 'end' ? { exitCode: 0, stdout: text, stderr: '' } : { exitCode: 1, stdout: '', stderr: text },
    );
  }

  child.on('error', end);
  child.on('exit', end);
  child.stdin.on('error', end);
  createInterface({ input: child.stdout }).on('line', read);
  // It must not keep a command of a moment waiting.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();

  return {
    close: end,
    ask(line) {
      if (isOver) return Promise.resolve(null);
      const { promise, resolve } = Promise.withResolvers<ProgramResult | null>();
      const timer = setTimeout(end, PATIENCE_MS);
      waiting.push({
        lines: [],
        answer(result) {
          clearTimeout(timer);
          resolve(result);
        },
      });
      child.stdin.write(`${line}\n`);
      return promise;
    },
  };
}

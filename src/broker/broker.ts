import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import { stripControl } from '../shared/text.ts';
import { readLine } from './line.ts';
import { type Answers, type Question, question, type Refusal } from './protocol.ts';
import type { Told } from './talk.ts';

export interface BrokerHandlers {
  /** The base branch and, once it is pushed, the run's own: full names and commits, all of them in the daemon's store. */
  refs(): Promise<Record<string, string>>;
  /** Takes the pack and brings the branch to GitHub; what it answers is what the agent's git prints. */
  push(push: {
    ref: string;
    old: string | null;
    new: string;
    pack: Readable;
  }): Promise<{ ok: true } | { ok: false; reason: string }>;
  pullRequest(pull: { title: string; body: string; base: string | null; draft: boolean }): Promise<{
    number: number;
    url: string | null;
    created: boolean;
  }>;
  /** Keeps a snapshot of the worktree, which goes to nobody else. */
  checkpoint(checkpoint: {
    new: string;
    note: string | null;
    leftOut: string[];
    pack: Readable;
  }): Promise<{ number: number; created: boolean }>;
  /** What people say to it; null when nobody does in time, or nobody waits for it any more. */
  ask(question: string, gone: AbortSignal): Promise<Told | null>;
  progress(text: string): Promise<void>;
  /** What it would do, which people approve before it does. */
  plan(plan: { text: string; files: string[]; risk: string | null }): Promise<void>;
  done(done: { summary: string | null }): Promise<void>;
}

export interface BrokerOptions {
  /** The run's directory for the socket; made 0700. */
  directory: string;
  run: string;
  /** The only branch that the run may push. */
  branch: string;
  handlers: BrokerHandlers;
  log: Log;
  /** Takes secrets out of what is answered. */
  redact(text: string): string;
  /** Milliseconds for the question to arrive, and for the whole exchange. */
  limits?: { question: number; exchange: number };
}

export interface Broker extends AsyncDisposable {
  /** The socket, for ORCH_BROKER in the agent's environment. */
  path: string;
}

/**
 * Listens for the commands in a run's worktree: `git push`, `gh pr create`, `orch done`, `orch ask`. What changes something
 * on GitHub is done one after the other. Errors: E_PATH_TOO_LONG.
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const path = join(options.directory, 'broker.sock');
  // sun_path, less its final zero: 108 bytes on Linux, 104 on macOS and BSD.
  if (Buffer.byteLength(path) > (process.platform === 'linux' ? 107 : 103)) {
    throw new OrchError('E_PATH_TOO_LONG', `The path of the run's socket is too long: ${path}`);
  }
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  await chmod(options.directory, 0o700);
  // A socket left by a daemon that was killed.
  await rm(path, { force: true });

  const exchanges = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const turn = taker();
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    const exchange = serve(socket, options, turn);
    exchanges.add(exchange);
    void exchange.finally(() => exchanges.delete(exchange));
  });
  server.maxConnections = 32;
  await listen(server, path);
  await chmod(path, 0o600);
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(exchanges);
    },
  };
}

type Turn = <T>(work: () => Promise<T>) => Promise<T>;

function taker(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

async function serve(socket: Socket, options: BrokerOptions, turn: Turn): Promise<void> {
  const { run, log, limits = { question: 10_000, exchange: 900_000 } } = options;
  socket.on('error', error => log.debug({ run, error: error.message }, 'broker connection broke'));
  using _deadline = deadline(socket, limits.exchange);
  let answer: Answers[Question['kind']] | Refusal;
  let told: Told | null = null;
  try {
    const asked = await ask(socket, limits.question);
    if (asked.kind === 'ask') {
      told = await options.handlers.ask(asked.question, goneOf(socket));
      answer = { ok: true, said: told?.texts ?? null };
    } else answer = await reply(asked, socket, options, turn);
  } catch (error) {
    answer = refusal(error, run, log);
  }
  const line = `${options.redact(JSON.stringify(answer))}\n`;
  told?.heard(await isHeard(socket, line, limits.question));
  // Closing with unread bytes would reset the connection, and the answer would be lost with it.
  socket.resume();
  await new Promise<void>(done => {
    socket.once('close', done);
    if (socket.destroyed) done();
    else socket.end(told === null ? line : '');
  });
}

/** Tells the asker what people have said. Who is killed right then can't say that it has come. */
async function isHeard(socket: Socket, line: string, milliseconds: number): Promise<boolean> {
  using _deadline = deadline(socket, milliseconds);
  socket.write(line);
  if (socket.readableEnded || socket.destroyed) return false;
  const answered = readLine(socket, 100);
  return await answered.then(
    () => true,
    () => false,
  );
}

function deadline(socket: Socket, milliseconds: number): Disposable {
  const timer = setTimeout(() => socket.destroy(), milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

const LONGEST_QUESTION = 2 * 1024 * 1024;

async function ask(socket: Socket, milliseconds: number): Promise<Question> {
  using _deadline = deadline(socket, milliseconds);
  const parsed = question.safeParse(JSON.parse(await readLine(socket, LONGEST_QUESTION)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new OrchError('E_USAGE', `${issue?.path.join('.') || 'The question'}: ${issue?.message}`);
}

async function reply(
  asked: Exclude<Question, { kind: 'ask' }>,
  socket: Socket,
  { handlers, branch }: BrokerOptions,
  turn: Turn,
): Promise<Answers[Question['kind']] | Refusal> {
  switch (asked.kind) {
    case 'refs':
      return { ok: true, branch, refs: await handlers.refs() };
    case 'push':
      return turn(() => push(asked, socket, branch, handlers));
    case 'pull': {
      const { title, body, base, draft } = asked;
      return { ok: true, ...(await turn(() => handlers.pullRequest({ title, body, base, draft }))) };
    }
    case 'checkpoint': {
      const { new: sha, note, leftOut } = asked;
      return turn(async () => {
        using pack = packOf(socket);
        return { ok: true, ...(await handlers.checkpoint({ new: sha, note, leftOut, pack: pack.stream })) };
      });
    }
    case 'progress':
      await handlers.progress(asked.text);
      return { ok: true };
    case 'plan': {
      const { text, files, risk } = asked;
      await turn(() => handlers.plan({ text, files, risk }));
      return { ok: true };
    }
    case 'done':
      await turn(() => handlers.done({ summary: asked.summary }));
      return { ok: true };
  }
}

/** Aborted when the asker has gone: what it is told then, nobody hears. */
function goneOf(socket: Socket): AbortSignal {
  const gone = new AbortController();
  for (const event of ['end', 'close']) socket.once(event, () => gone.abort());
  if (socket.readableEnded || socket.destroyed) gone.abort();
  socket.resume();
  return gone.signal;
}

async function push(
  { ref, old, new: sha }: Extract<Question, { kind: 'push' }>,
  socket: Socket,
  branch: string,
  handlers: BrokerHandlers,
): Promise<Answers['push'] | Refusal> {
  if (ref !== `refs/heads/${branch}`) return refuseRef(`this run may push ${branch} only`, branch);
  if (sha === null) return refuseRef('this run may not delete its branch', branch);
  // Two pushes at once, each believing in the same tip: git's own check ran before the first was through.
  const current = (await handlers.refs())[ref] ?? null;
  // The same one twice: what a killed daemon had begun may end beside what the next one does again.
  if (current === sha) return { ok: true };
  if (current !== old) return { ok: false, code: 'E_PUSH_REFUSED', message: 'fetch first' };
  using pack = packOf(socket);
  const pushed = await handlers.push({ ref, old, new: sha, pack: pack.stream });
  return pushed.ok ? pushed : { ok: false, code: 'E_PUSH_REFUSED', message: stripControl(pushed.reason) };
}

// The socket itself must outlive a handler that reads half the pack: the answer goes back through it.
function packOf(socket: Socket): Disposable & { stream: Readable } {
  const stream = new PassThrough();
  const broken = () => {
    if (!socket.readableEnded) stream.destroy(new Error('the connection broke off'));
  };
  stream.on('error', () => {});
  socket.once('close', broken).pipe(stream);
  return {
    stream,
    [Symbol.dispose]() {
      socket.off('close', broken).unpipe(stream);
      stream.destroy();
    },
  };
}

function refuseRef(message: string, branch: string): Refusal {
  const remedy = `Push with: git push origin HEAD:refs/heads/${branch}`;
  return { ok: false, code: 'E_BRANCH_REFUSED', message, remedy };
}

function refusal(error: unknown, run: string, log: Log): Refusal {
  if (error instanceof OrchError) {
    return { ok: false, code: error.code, message: error.message, remedy: error.remedy };
  }
  if (error instanceof SyntaxError) return { ok: false, message: 'The question is no JSON.' };
  log.error({ run, err: error }, 'broker request failed');
  return { ok: false, message: 'Orch failed inside; its log says more.' };
}

import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answers, Question, Refusal } from '../../broker/protocol.ts';

/** What a command of the worktree has of the world. */
export interface Io {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The run's socket. */
  broker: string;
  /** Milliseconds to go on trying to reach it: the daemon may just be restarting while its agents work on. */
  patience: number;
  /** Gives an exchange up. */
  signal?: AbortSignal;
  print(text: string): void;
  warn(text: string): void;
  input: Readable;
}

/** Asks the run's broker; the pack follows a push. A refusal is thrown as an Error for people. */
export async function ask<K extends Question['kind']>(
  io: Io,
  question: Extract<Question, { kind: K }>,
  pack?: Readable,
): Promise<Answers[K]> {
  const answer = await exchange<K>(io, question, pack);
  if (answer.ok) return answer;
  throw new Error(
    [answer.code && `${answer.code}:`, answer.message, answer.remedy].filter(Boolean).join(' '),
  );
}

type Reach = Pick<Io, 'broker' | 'patience' | 'signal'>;

/** Like ask, with a refusal as a value. */
export async function exchange<K extends Question['kind']>(
  io: Reach,
  question: Extract<Question, { kind: K }>,
  pack?: Readable,
): Promise<Answers[K] | Refusal> {
  const socket = await reach(io);
  const answered = received(socket);
  socket.write(`${JSON.stringify(question)}\n`);
  if (pack) pack.pipe(socket);
  else if (question.kind !== 'ask') socket.end();
  const answer = await answered;
  // It has come: whoever is killed before must hear it another time.
  if (question.kind === 'ask') await new Promise<void>(done => socket.end('heard\n', () => done()));
  // A refusal may come before all of the pack is sent.
  pack?.destroy();
  socket.destroy();
  if (answer === '') throw new Error('Orch closed the connection: the run has ended, or Orch is restarting.');
  return JSON.parse(answer);
}

// Not by stream/consumers: they destroy the socket as soon as it ends, in the middle of what is being sent.
function received(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk;
      if (text.endsWith('\n')) resolve(text);
    });
    socket.once('end', () => resolve(text)).once('error', reject);
  });
}

async function reach({ broker, patience, signal }: Reach): Promise<Socket> {
  if (broker === '') throw new Error('ORCH_BROKER is not set: this command works in an Orch workspace only.');
  for (const started = Date.now(); ; ) {
    try {
      return await open(broker, signal);
    } catch (error) {
      if (signal?.aborted || Date.now() - started > patience) {
        throw new Error(`Orch is not reachable: the run has ended, or Orch is not running. (${error})`);
      }
      await delay(100);
    }
  }
}

function open(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true, ...(signal && { signal }) });
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)));
  });
}

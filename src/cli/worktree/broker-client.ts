import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answers, Question, Refusal } from '../../github/broker/protocol.ts';

/** What a command of the worktree has of the world. */
export interface Io {
  /** The run's socket. */
  broker: string;
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
  const answer = await exchange<K>(io.broker, question, pack);
  if (answer.ok) return answer;
  throw new Error(
    [answer.code && `${answer.code}:`, answer.message, answer.remedy].filter(Boolean).join(' '),
  );
}

/** Like ask, with a refusal as a value. */
export async function exchange<K extends Question['kind']>(
  broker: string,
  question: Extract<Question, { kind: K }>,
  pack?: Readable,
): Promise<Answers[K] | Refusal> {
  const socket = await reach(broker, PATIENCE);
  const answered = text(socket);
  // When the pack breaks off, pipeline destroys the socket, and the broker takes nothing.
  const sent = pack
    ? (socket.write(`${JSON.stringify(question)}\n`), pipeline(pack, socket))
    : socket.end(`${JSON.stringify(question)}\n`);
  const [answer] = await Promise.all([answered, sent]);
  if (answer === '') throw new Error('Orch closed the connection: the run has ended, or Orch is restarting.');
  return JSON.parse(answer);
}

// The daemon may just be restarting while its agents work on.
const PATIENCE = 5_000;

async function reach(broker: string, patience: number): Promise<Socket> {
  if (broker === '') throw new Error('ORCH_BROKER is not set: this command works in an Orch workspace only.');
  for (const started = Date.now(); ; ) {
    try {
      return await open(broker);
    } catch (error) {
      if (Date.now() - started > patience) {
        throw new Error(`Orch is not reachable: the run has ended, or Orch is not running. (${error})`);
      }
      await delay(100);
    }
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)));
  });
}

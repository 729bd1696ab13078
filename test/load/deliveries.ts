import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Simulator } from '../../src/simulator/simulator.ts';

export type ToSender =
  | { kind: 'sign'; secret: string; bodies: string[] }
  | { kind: 'send'; url: string; count: number; everyMs: number };

/** One delivery and how it was answered; status 0: not at all. */
export interface Sent {
  guid: string;
  status: number;
  ms: number;
}

export interface Sender extends AsyncDisposable {
  send(url: string, count: number, everyMs: number): Promise<Sent[]>;
}

/** Starts the process that sends, which has signed these bodies when this resolves. */
export async function startSender(secret: string, bodies: string[]): Promise<Sender> {
  const child = fork(join(import.meta.dirname, 'sender.ts'));
  const ended = once(child, 'exit');
  async function ask(message: ToSender): Promise<Sent[]> {
    child.send(message);
    const gone = ended.then(() => Promise.reject(new Error('the sender has ended')));
    const [sent] = await Promise.race([once(child, 'message'), gone]);
    return sent;
  }
  await ask({ kind: 'sign', secret, bodies });
  return {
    send: (url, count, everyMs) => ask({ kind: 'send', url, count, everyMs }),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

const BODY_BYTES = 6 * 1024;

/** The payloads of comments without a command, on so many issues: 6 kB each, as GitHub's are at least. */
export async function chatter(github: Simulator, repository: string, issues: number): Promise<string[]> {
  const { number } = await github.openIssue(repository, { title: 'Talk', user: 'writer' });
  await github.idle();
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  using _listening = github.onDelivery(({ payload }) => resolve(payload));
  await github.comment(repository, number, 'Nothing to do here.', 'writer');
  const template = JSON.stringify(await promise);
  return Array.from({ length: issues }, (_, index) => {
    const payload = JSON.parse(template);
    payload.issue.number = 1_000_000 + index;
    payload.comment.body = 'x'.repeat(Math.max(0, BODY_BYTES - template.length));
    return JSON.stringify(payload);
  });
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

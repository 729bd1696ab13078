import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { anthropic } from './anthropic.ts';
import { chat } from './chat.ts';
import { answerOf, type Dialect, type Question, type ServerEvent } from './dialect.ts';
import { gemini } from './gemini.ts';
import { type Call, nextStep, tally } from './next-step.ts';
import { responses } from './responses.ts';
import type { Scripts, Step } from './script.ts';

export interface Models extends AsyncDisposable {
  /** Without a slash at its end. */
  url: string;
  /** Those that have come so far. */
  calls: readonly Call[];
  /** Whether a request held this text, which JSON must write as it stands. */
  heard(text: string): boolean;
}

export interface ModelsOptions {
  scripts: Scripts;
  /** The script for prompts without a marker, which are refused else. */
  fallback?: string;
  /** A free one unless set. */
  port?: number;
  /** An address of loopback; 127.0.0.1 unless set. */
  address?: string;
  onCall?(call: Call): void;
}

const DIALECTS: readonly Dialect[] = [anthropic, responses, chat, gemini];

/** Plays a model on loopback, by scripts. `GET /calls` tells how often it was asked, by script and CLI. */
export async function startModels(options: ModelsOptions): Promise<Models> {
  const calls: Call[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    respond(request, response).catch(error => {
      if (response.headersSent || response.destroyed) response.destroy();
      else sendJson(response, 400, { error: { message: String(error) } });
    });
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/calls') return sendJson(response, 200, tally(calls));
    const dialect = request.method === 'POST' && DIALECTS.find(each => each.path.test(path));
    if (!dialect) return sendJson(response, 404, { error: { message: `There is no ${path} here` } });
    const body = await text(request);
    bodies.push(body);
    const question = dialect.read(JSON.parse(body), path);
    const { step, call } = nextStep(options, calls, dialect.cli, question);
    calls.push(call);
    options.onCall?.(call);
    await perform(step, dialect, question, response, `${calls.length}`);
  }

  const { port = 0, address = '127.0.0.1' } = options;
  await new Promise<void>(done => server.listen(port, address, done));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    calls,
    heard: wanted => bodies.some(body => body.includes(wanted)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

async function perform(
  step: Step,
  dialect: Dialect,
  question: Question,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  await delay(step.afterMs ?? 0, undefined, { signal: gone.signal });
  if ('refuse' in step) {
    const { headers, body } = dialect.refusal(step);
    return sendJson(response, step.refuse, body, headers);
  }
  const answer = answerOf('fail' in step ? { say: 'I begin' } : step, question.tools, id);
  if (!question.streams && dialect.whole && !('fail' in step))
    return sendJson(response, 200, dialect.whole(answer));
  const events = dialect.events(answer);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (!('fail' in step)) return void response.end(events.map(written).join(''));
  const begun = events.slice(0, events.length / 2);
  await new Promise(done => response.write(begun.map(written).join('') || ': \n\n', done));
  if (step.fail === 'cut') response.destroy();
  else await once(response, 'close');
}

function written({ name, data }: ServerEvent): string {
  const line = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name ? `event: ${name}\n` : ''}data: ${line}\n\n`;
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

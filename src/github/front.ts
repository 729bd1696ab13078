import type { IncomingMessage, ServerResponse } from 'node:http';
import { verify } from '@octokit/webhooks-methods';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';

export interface FrontOptions {
  store: Store;
  clock: Clock;
  log: Log;
  secret: string;
  path: string;
  /** Events the App handles; what else GitHub sends is answered and forgotten. */
  events: ReadonlySet<string>;
  /** Called after deliveries were committed. */
  wake(): void;
}

/** The largest payload GitHub documents is 25 MB; comments and issues stay far below this. */
const BODY_LIMIT = 5 * 1024 * 1024;
/** Of bodies that are still coming in, whoever sends them: 2,000 usual deliveries have a fifth of it. */
const MOST_COMING_IN = 64 * 1024 * 1024;
/** Lines of the log a minute about what was refused: anybody can send that. */
const MOST_LINES = 100;
const LONGEST_RUSH_MS = 1000;
const LOOK_AGAIN_MS = 10;
const DELIVERY_ID = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Takes webhook deliveries: answered with 2xx only when they are on disk. Anything else that comes in gets a 4xx and
 * is logged without its content. Returns false for requests that are not for this path.
 */
export function createFront(
  options: FrontOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  let unanswered = 0;
  const comingIn = { bytes: 0 };
  const tell = sparingly(options);
  const wake = patiently(options, () => unanswered === 0);
  const record = batched(options, wake);
  return (request, response) => {
    // Apps registered by the setup page deliver to the root.
    const path = request.url?.split('?')[0];
    if (request.method !== 'POST' || (path !== options.path && path !== '/')) return false;
    unanswered += 1;
    receive(request, options, record, comingIn)
      .catch((error: unknown) => {
        options.log.error({ err: error }, 'delivery could not be recorded');
        return { status: 503, text: 'The delivery could not be recorded; redeliver it later.' };
      })
      .then(({ status, text }) => {
        if (status >= 400) tell({ status, delivery: delivery(request), why: text });
        answer(response, status, text);
      })
      .finally(() => {
        unanswered -= 1;
      });
    return true;
  };
}

function sparingly({ clock, log }: FrontOptions): (refused: object) => void {
  let minute = 0;
  let told = 0;
  return refused => {
    const now = Math.floor(clock.now() / 60_000);
    const untold = now === minute ? 0 : Math.max(0, told - MOST_LINES);
    if (now !== minute) [minute, told] = [now, 0];
    told += 1;
    if (told <= MOST_LINES) log.warn({ ...refused, ...(untold > 0 && { untold }) }, 'delivery refused');
  };
}

type Answer = { status: number; text: string };
type Recorder = (delivery: string, event: string, payload: string) => Promise<void>;

async function receive(
  request: IncomingMessage,
  options: FrontOptions,
  record: Recorder,
  comingIn: { bytes: number },
): Promise<Answer> {
  const body = await readBody(request, comingIn);
  if (body === 'large') return { status: 413, text: 'The body is larger than 5 MiB.' };
  if (body === 'crowded') return { status: 503, text: 'Too much comes in at once; redeliver it later.' };
  const event = header(request, 'x-github-event');
  const id = header(request, 'x-github-delivery');
  const signature = header(request, 'x-hub-signature-256');
  if (!event || !DELIVERY_ID.test(id))
    return { status: 400, text: 'X-GitHub-Event or X-GitHub-Delivery is missing.' };
  if (!signature)
    return { status: 401, text: 'X-Hub-Signature-256 is missing: set the webhook secret on GitHub.' };
  const payload = body.toString('utf8');
  if (!(await isSigned(options.secret, payload, signature))) {
    return { status: 401, text: 'The signature does not match the webhook secret.' };
  }
  if (!header(request, 'content-type').startsWith('application/json')) {
    return { status: 415, text: 'Set the content type of the webhook to application/json.' };
  }
  if (!options.events.has(event)) return { status: 202, text: 'Nothing to do for this event.' };
  await record(id, event, payload);
  return { status: 202, text: 'Recorded.' };
}

/** Deliveries that arrive together share one commit: on a slow disk that is the difference. */
function batched(options: FrontOptions, wake: () => void): Recorder {
  let waiting: { args: Parameters<Recorder>; done(): void; fail(error: unknown): void }[] = [];
  function flush(): void {
    const batch = waiting;
    waiting = [];
    try {
      options.store.transaction(() => {
        for (const { args } of batch) options.store.inbox.add(...args, options.clock.now());
      });
      for (const { done } of batch) done();
      wake();
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
  }
  return (...args) =>
    new Promise((done, fail) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ args, done, fail });
    });
}

/** Answering goes before handling: while more comes in, handling is put off, though not for ever. */
function patiently({ clock, wake }: FrontOptions, isCalm: () => boolean): () => void {
  let since: number | null = null;
  function look(): void {
    if (!isCalm() && clock.now() - (since ?? 0) < LONGEST_RUSH_MS)
      return void clock.after(LOOK_AGAIN_MS, look);
    since = null;
    wake();
  }
  return () => {
    if (since !== null) return;
    since = clock.now();
    // In the next turn, when what was recorded is answered.
    setImmediate(look);
  };
}

async function isSigned(secret: string, payload: string, signature: string): Promise<boolean> {
  try {
    return await verify(secret, payload, signature);
  } catch {
    return false;
  }
}

/** `large` when the body is larger than the limit, `crowded` when all that come in are: the rest of it is not read. */
function readBody(
  request: IncomingMessage,
  comingIn: { bytes: number },
): Promise<Buffer | 'large' | 'crowded'> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) return Promise.resolve('large');
  let chunks: Buffer[] = [];
  let size = 0;
  const read = new Promise<Buffer | 'large' | 'crowded'>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      comingIn.bytes += chunk.length;
      chunks.push(chunk);
      if (size <= BODY_LIMIT && comingIn.bytes <= MOST_COMING_IN) return;
      request.removeAllListeners('data');
      request.pause();
      resolve(size > BODY_LIMIT ? 'large' : 'crowded');
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
  return read.finally(() => {
    comingIn.bytes -= size;
    chunks = [];
  });
}

function answer(response: ServerResponse, status: number, text: string): void {
  // What was not read of a refused body must not be taken for the next request.
  if (status === 413 || status === 503) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function delivery(request: IncomingMessage): string {
  return header(request, 'x-github-delivery').slice(0, 64);
}

import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../record/views.ts';
import { OrchError } from '../shared/errors.ts';

const { get } = process.getBuiltinModule('node:http');

/** A daemon that is started again is waited for so long. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 250;

/**
 * What the journal tells from an event on (0: from the first; null: from now), of one task or of all, as it comes. It goes
 * on where it was when the daemon is started again. Errors: E_NO_DAEMON when none answers for ten seconds, and what the
 * daemon answers.
 */
export async function* journal(
  home: string,
  from: { after: number | null; task?: string; signal?: AbortSignal },
): AsyncGenerator<EventView> {
  const { task, signal } = from;
  let { after } = from;
  let patience = 0;
  while (!signal?.aborted) {
    try {
      const query = new URLSearchParams({
        ...(after === null ? {} : { after: `${after}` }),
        ...(task === undefined ? {} : { task }),
      });
      const response = await open(join(home, 'daemon.sock'), `/api/events?${query}`, signal);
      patience = PATIENCE_MS;
      for await (const event of eventsOf(response)) {
        after = event.seq;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof OrchError && (error.code !== 'E_NO_DAEMON' || patience <= 0)) throw error;
    }
    patience -= RETRY_MS;
    await delay(RETRY_MS);
  }
}

async function open(socketPath: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = get({ socketPath, path, agent: false, ...(signal && { signal }) }, resolve);
    call.on('error', cause =>
      reject(new OrchError('E_NO_DAEMON', `No daemon answers at ${socketPath}`, { cause })),
    );
  });
  if (response.statusCode === 200) return response;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { code, message, remedy } = JSON.parse(Buffer.concat(chunks).toString());
  throw new OrchError(code, message, { remedy });
}

/** Of server-sent events what the API sends: one line of data each. */
async function* eventsOf(response: IncomingMessage): AsyncGenerator<EventView> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

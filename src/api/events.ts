import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { showEvent } from '../record/views.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import { namedTask, taskView } from './answers.ts';
import type { ApiOptions } from './options.ts';

const HEARTBEAT_MS = 15_000;
const PAGE = 100;
const MOST_STREAMS = 100;

const sequence = z.coerce.number().int().min(0);
const eventsQuery = z.object({ task: z.string().optional(), after: sequence.optional() });
const waitQuery = z.object({
  until: z.literal('done').default('done'),
  seconds: z.coerce.number().int().min(1).max(3600).default(60),
});

/** Waiting for what comes: the journal as server-sent events, and the end of a task. */
export function eventRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, clock, redact } = options;
  let streams = 0;

  app.get('/api/events', (request, reply) => {
    const { task, after } = eventsQuery.parse(request.query);
    const id = task === undefined ? null : namedTask(store, { task }).id;
    const seen = sequence.optional().parse(request.headers['last-event-id']) ?? after;
    if (streams >= MOST_STREAMS)
      throw new OrchError('E_BUSY', `${MOST_STREAMS} listen to the journal already`);
    streams += 1;
    const closed = closing(reply.raw);
    closed.addEventListener('abort', () => {
      streams -= 1;
    });
    reply.header('content-type', 'text/event-stream').header('cache-control', 'no-store');
    return reply.send(
      Readable.from(journal(options, { after: seen ?? store.journal.last(), task: id, closed }), {
        highWaterMark: 1,
      }),
    );
  });

  app.get('/api/tasks/:task/wait', async (request, reply) => {
    const { id } = namedTask(store, request.params);
    const { seconds } = waitQuery.parse(request.query);
    const until = clock.now() + seconds * 1000;
    const closed = closing(reply.raw);
    const task = () => store.tasks.get(id) as Task;
    while (!isFinal(task().state) && clock.now() < until && !closed.aborted)
      await newsOr(until - clock.now(), { store, clock, closed, task: id });
    return taskView(options, task());
  });

  /** Reads the journal as fast as the other side takes it, so that nothing is kept for a slow one. */
  async function* journal(
    { store, clock }: ApiOptions,
    from: { after: number; task: number | null; closed: AbortSignal },
  ): AsyncGenerator<string> {
    const { task, closed } = from;
    yield ': the journal of Orch\n\n';
    for (let { after } = from; !closed.aborted; ) {
      const events =
        task === null ? store.journal.after(after, PAGE) : store.journal.ofTask(task, after).slice(0, PAGE);
      for (const event of events) {
        yield `id: ${event.seq}\ndata: ${redact(JSON.stringify(showEvent(event)))}\n\n`;
        after = event.seq;
      }
      if (events.length > 0) continue;
      const isNews = await newsOr(HEARTBEAT_MS, { store, clock, closed, task });
      if (!isNews) yield ': still here\n\n';
    }
  }
}

/** Aborted when the other side has gone, or the daemon closes. */
function closing(response: NodeJS.EventEmitter): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/** Resolves with true when the journal has grown, of one task or of all, and with false when the time is over. */
async function newsOr(
  milliseconds: number,
  { store, clock, closed, task }: { store: Store; clock: Clock; closed: AbortSignal; task: number | null },
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  using _news = store.journal.onAppend(of => {
    if (task === null || task === of) resolve(true);
  });
  using _alarm = clock.after(milliseconds, () => resolve(false));
  const end = () => resolve(false);
  closed.addEventListener('abort', end, { once: true });
  if (closed.aborted) end();
  const isNews = await promise;
  closed.removeEventListener('abort', end);
  return isNews;
}

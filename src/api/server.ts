import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { z } from 'zod';
import { cancel, pause, resume, retry } from '../queue/change.ts';
import { say } from '../queue/say.ts';
import { parseSince, report } from '../record/report.ts';
import { showBackup, showCheckpoint, showInput, showRun, showTask } from '../record/views.ts';
import type { Clock } from '../shared/clock.ts';
import { type ErrorCode, OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Log } from '../shared/log.ts';
import type { Backup } from '../store/backups.ts';
import type { Checkpoint } from '../store/checkpoints.ts';
import type { Store } from '../store/open.ts';
import { type AgentState, parseTaskName, type Task } from '../task/glossary.ts';
import { TASK_STATES } from '../task/states.ts';
import { addGate } from './gate.ts';

export interface ApiOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** Takes secrets out of what is answered. */
  redact(text: string): string;
  /** What `GET /api/orchestrator` says of the daemon itself. */
  about: { version: string; pid: number; started_at: string; url: string };
  /** Makes a backup of the database. */
  backUp(): Promise<Backup>;
  checkpoints: {
    /** Keeps how the worktree of a live run is now. Errors: E_CHECKPOINT, E_TASK_STATE. */
    make(task: Task): Promise<Checkpoint>;
    /** Has a task go back to a checkpoint, the newest unless told. Errors: E_CHECKPOINT. */
    rollBack(task: number, checkpoint: number | null, by: string): Task;
  };
  agents: readonly { name: string; maxInstances: number }[];
  /** What the agent of a task's live run does. */
  agentState(task: number): { state: AgentState; detail: string | null } | null;
}

const MOST = 1000;
const sayBody = z.strictObject({ text: z.string().transform(stripInvisible).pipe(z.string().trim().min(1)) });
const listQuery = z.object({
  state: z.enum(TASK_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(50),
});
const reportQuery = z.object({ since: z.string().default('7d') });

const rollbackBody = z.strictObject({ checkpoint: z.int().min(1).nullable().default(null) });

/**
 * The API on the daemon's unix socket (0600): who can open it is the user that runs Orch. A socket file that a killed
 * daemon left is replaced; the database's lock has already shown that no other daemon lives.
 */
export async function serveApi(socket: string, options: ApiOptions): Promise<AsyncDisposable> {
  const app = createApi(options);
  if (Buffer.byteLength(socket) > 100)
    throw new OrchError('E_PATH_TOO_LONG', `${socket} is too long for a unix socket`);
  rmSync(socket, { force: true });
  await app.listen({ path: socket });
  await chmod(socket, 0o600);
  return { [Symbol.asyncDispose]: () => app.close() };
}

/** The same API for a TCP server that others share: who calls must bring a token of the file. */
export async function openHttpApi(options: ApiOptions & { tokensFile: string }): Promise<HttpApi> {
  const app = createApi(options);
  addGate(app, options.tokensFile);
  await app.ready();
  return {
    handle(request, response) {
      if (!/^\/api(?:\/|$)/.test(request.url ?? '')) return false;
      app.routing(request, response);
      return true;
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

export interface HttpApi extends AsyncDisposable {
  /** Answers a request for the API; false for others. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

function createApi(options: ApiOptions): FastifyInstance {
  const { store, clock, log, redact, about, backUp, checkpoints, agents, agentState } = options;
  const view = (task: Task) => showTask(task, clock.now(), agentState(task.id), store.usage.spent(task));
  const answerError = errorAnswers(log);
  const app = Fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true, frameworkErrors: answerError });
  app.decorateRequest('holder', null);
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? redact(payload) : payload,
  );

  app.get('/api/orchestrator', () => ({
    ...about,
    tasks: store.tasks.counts(),
    inbox: store.inbox.waiting(),
  }));
  app.get('/api/agents', () => {
    const load = store.runs.load();
    return agents.map(({ name, maxInstances }) => {
      return { name, max_instances: maxInstances, running: load.filter(run => run.profile === name).length };
    });
  });
  app.get('/api/tasks', request => {
    const { state, limit } = listQuery.parse(request.query);
    return store.tasks.list(limit, state).map(task => view(task));
  });
  app.get('/api/tasks/:task', request => {
    const task = named(store, request.params);
    const runs = store.runs.ofTask(task.id).map(run => showRun(run, store.usage.ofRun(task.id, run.number)));
    const said = store.inputs.ofTask(task.id).map(showInput);
    return { ...view(task), runs, said, events: store.journal.ofTask(task.id) };
  });
  app.get('/api/report', request => {
    const { since } = reportQuery.parse(request.query);
    return report(store, parseSince(since, clock.now()), clock.now());
  });
  app.get('/api/tasks/:task/checkpoints', request =>
    store.checkpoints.ofTask(named(store, request.params).id).map(showCheckpoint),
  );
  app.post('/api/tasks/:task/checkpoints', async request =>
    showCheckpoint(await checkpoints.make(named(store, request.params))),
  );
  app.post('/api/tasks/:task/rollback', request => {
    const { checkpoint } = rollbackBody.parse(request.body ?? {});
    const by = request.holder?.name ?? 'the command line';
    return view(checkpoints.rollBack(named(store, request.params).id, checkpoint, by));
  });
  app.post('/api/tasks/:task/pause', request => {
    const task = named(store, request.params);
    return view(pause(store, task.id, `paused ${where(request)}`, null, clock.now()));
  });
  app.post('/api/tasks/:task/resume', request => {
    const task = named(store, request.params);
    return view(resume(store, task.id, clock.now()));
  });
  app.post('/api/tasks/:task/cancel', request => {
    const task = named(store, request.params);
    return view(cancel(store, task.id, `cancelled ${where(request)}`, clock.now()));
  });
  app.post('/api/tasks/:task/retry', request => {
    const task = named(store, request.params);
    return view(retry(store, task.id, `retried ${where(request)}`, clock.now()));
  });

  app.post('/api/tasks/:task/say', request => {
    const task = named(store, request.params);
    const { text } = sayBody.parse(request.body);
    const said = { text, author: request.holder?.name ?? 'the command line', source: `api:${randomUUID()}` };
    return view(say(store, task.id, said, clock.now()));
  });

  app.post('/api/backups', { config: { role: 'admin' } }, async () => showBackup(await backUp()));

  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ code: 'E_USAGE', message: `There is nothing at ${request.method} ${request.url}` }),
  );
  return app;
}

/** Who has changed something, for the task's reason and the log. */
function where({ holder }: FastifyRequest): string {
  return holder === null ? 'on the command line' : `over the API by ${holder.name}`;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  E_UNKNOWN_TASK: 404,
  E_UNAUTHORIZED: 401,
  E_FORBIDDEN: 403,
  E_TOKENS: 503,
  E_USAGE: 400,
};

function errorAnswers(log: Log) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof OrchError) {
      if (error.code === 'E_UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
      return reply
        .code(STATUS[error.code] ?? 409)
        .send({ code: error.code, message: error.message, remedy: error.remedy });
    }
    if (error instanceof z.ZodError)
      return reply.code(400).send({ code: 'E_USAGE', message: z.prettifyError(error) });
    // Fastify's own complaints about a request are for whoever sent it; anything else stays inside.
    const { statusCode = 500, message } = error as FastifyError;
    if (statusCode < 500) return reply.code(statusCode).send({ code: 'E_USAGE', message });
    log.error({ err: error }, 'API request failed');
    const inside = new OrchError('E_INTERNAL', 'Orch failed inside');
    return reply.code(500).send({ code: inside.code, message: inside.message, remedy: inside.remedy });
  };
}

function named(store: Store, params: unknown): Task {
  const { task: name } = params as { task: string };
  const id = parseTaskName(name);
  const task = id === null ? null : store.tasks.get(id);
  if (!task) throw new OrchError('E_UNKNOWN_TASK', `There is no task ${name}`);
  return task;
}

import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MOST_CHARACTERS, readTaskFile } from '../config/tasks/file.ts';
import { type Asked, wishesOf } from '../forge/wish.ts';
import { proveAgain } from '../proof/again.ts';
import { cancel, pause, resume, retry } from '../queue/change.ts';
import { say } from '../queue/say.ts';
import { amountText } from '../shared/amount-text.ts';
import { TASK_STATES, type TaskState } from '../task/states.ts';
import { namedTask, storyOf, taskView, where, whoAsks } from './answers.ts';
import type { ApiOptions } from './options.ts';
import { readFileBody, readWish, visibleText } from './wish.ts';

const MOST = 1000;

/** What people call several states at once. */
const STATE_NAMES = {
  ...(Object.fromEntries(TASK_STATES.map(state => [state, [state]])) as Record<TaskState, [TaskState]>),
  pending: ['queued'],
  active: ['starting', 'running', 'paused'],
} satisfies Record<string, readonly TaskState[]>;
type StateName = keyof typeof STATE_NAMES;

const listQuery = z.object({
  state: z.enum(Object.keys(STATE_NAMES) as [StateName, ...StateName[]]).optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(50),
});
/** JSON may write a character in six. */
const FILE_BYTES = 6 * MOST_CHARACTERS;
const approveBody = z.strictObject({ budget: amountText.nullable().default(null) });
const sayBody = z.strictObject({ text: visibleText });

/** Tasks: asked for, listed, shown, changed, spoken to. */
export function taskRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, clock, ask, takeOver, plans } = options;

  app.post('/api/tasks', async (request, reply) => {
    const { wish, at } = readWish(request.body);
    const [asked] = await ask([wish], at);
    const view = askedView(options, asked as Asked);
    return reply.code(view.duplicate ? 200 : 201).send(view);
  });
  app.post('/api/tasks/file', { bodyLimit: FILE_BYTES }, async (request, reply) => {
    const { text, at } = readFileBody(request.body);
    const asked = await ask(wishesOf(readTaskFile(text), null), at);
    const views = asked.map(each => askedView(options, each));
    return reply.code(views.every(({ duplicate }) => duplicate) ? 200 : 201).send(views);
  });

  app.get('/api/tasks', request => {
    const { state, limit } = listQuery.parse(request.query);
    const tasks = store.tasks.list(limit, state && STATE_NAMES[state]);
    return tasks.map(task => taskView(options, task));
  });
  app.get('/api/tasks/:task', request => storyOf(options, namedTask(store, request.params)));
  app.post('/api/tasks/:task/pause', request => {
    const { id } = namedTask(store, request.params);
    return taskView(options, pause(store, id, `paused ${where(request)}`, null, clock.now()));
  });
  app.post('/api/tasks/:task/resume', request => {
    const { id } = namedTask(store, request.params);
    return taskView(options, resume(store, id, clock.now()));
  });
  app.post('/api/tasks/:task/cancel', request => {
    const { id } = namedTask(store, request.params);
    return taskView(options, cancel(store, id, `cancelled ${where(request)}`, clock.now()));
  });
  app.post('/api/tasks/:task/retry', request => {
    const { id } = namedTask(store, request.params);
    return taskView(options, retry(store, id, `retried ${where(request)}`, clock.now()));
  });
  app.post('/api/tasks/:task/take-over', request => {
    const { id } = namedTask(store, request.params);
    return taskView(options, takeOver(id, request.holder?.name ?? 'somebody on the host'));
  });
  app.post('/api/tasks/:task/approve', request => {
    const { id } = namedTask(store, request.params);
    const { budget } = approveBody.parse(request.body ?? {});
    return taskView(options, plans.approve(id, { by: whoAsks(request), budget }));
  });
  app.post('/api/tasks/:task/prove', request => {
    const task = namedTask(store, request.params);
    return taskView(options, proveAgain(store, task, whoAsks(request), clock.now()));
  });
  app.post('/api/tasks/:task/say', request => {
    const { id } = namedTask(store, request.params);
    const { text } = sayBody.parse(request.body);
    const said = { text, author: whoAsks(request), source: `api:${randomUUID()}` };
    return taskView(options, say(store, id, said, clock.now()));
  });
}

function askedView(options: ApiOptions, { task, kind, notes }: Asked) {
  return { ...taskView(options, task), duplicate: kind !== 'queued', notes };
}

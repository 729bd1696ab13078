import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { OrchError } from '../shared/errors.ts';
import { namedTask, taskView } from './answers.ts';
import type { ApiOptions } from './options.ts';

const mergeBody = z.strictObject({ anyway: z.boolean().default(false) });
const stopBody = z.strictObject({ now: z.boolean().default(false) });

/** A desk's own: pull requests that lie here, and the daemon's end. */
export function localRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, local, stop } = options;

  app.get('/api/tasks/:task/diff', request => desk(local).diff(namedTask(store, request.params).id));
  app.post('/api/tasks/:task/merge', async request => {
    const { id } = namedTask(store, request.params);
    const { anyway } = mergeBody.parse(request.body ?? {});
    const merged = await desk(local).merge(id, anyway);
    return { ...taskView(options, namedTask(store, request.params)), merged };
  });
  app.post('/api/orchestrator/stop', { config: { role: 'admin' } }, (request, reply) => {
    const { now } = stopBody.parse(request.body ?? {});
    stop(now);
    return reply.code(202).send({ running: store.runs.live().length });
  });
}

function desk(local: ApiOptions['local']): NonNullable<ApiOptions['local']> {
  if (local) return local;
  throw new OrchError('E_USAGE', 'The pull requests of this daemon are on GitHub', {
    remedy: 'Look at it and merge it there; orch show tells where it is.',
  });
}

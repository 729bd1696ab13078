import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { showCheckpoint } from '../record/views.ts';
import { namedTask, taskView, whoAsks } from './answers.ts';
import type { ApiOptions } from './options.ts';

const rollbackBody = z.strictObject({ checkpoint: z.int().min(1).nullable().default(null) });

/** The kept states of a task's worktree. */
export function checkpointRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, checkpoints } = options;
  app.get('/api/tasks/:task/checkpoints', request =>
    store.checkpoints.ofTask(namedTask(store, request.params).id).map(showCheckpoint),
  );
  app.post('/api/tasks/:task/checkpoints', async request =>
    showCheckpoint(await checkpoints.make(namedTask(store, request.params))),
  );
  app.post('/api/tasks/:task/rollback', request => {
    const { checkpoint } = rollbackBody.parse(request.body ?? {});
    const { id } = namedTask(store, request.params);
    return taskView(options, checkpoints.rollBack(id, checkpoint, whoAsks(request)));
  });
}

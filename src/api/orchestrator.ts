import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parseSince, report } from '../record/report.ts';
import { showBackup } from '../record/views.ts';
import type { ApiOptions } from './options.ts';

const reportQuery = z.object({ since: z.string().default('7d') });

/** The daemon itself: what it is, what was done, backups and cleaning up. */
export function orchestratorRoutes(app: FastifyInstance, options: ApiOptions): void {
  const { store, clock, about, backUp, cleanUp } = options;
  app.get('/api/orchestrator', () => ({
    ...about,
    tasks: store.tasks.counts(),
    inbox: store.inbox.waiting(),
    journal: store.journal.last(),
  }));
  app.get('/api/report', request => {
    const { since } = reportQuery.parse(request.query);
    return report(store, parseSince(since, clock.now()), clock.now());
  });
  app.post('/api/cleanup', () => cleanUp());
  app.post('/api/backups', { config: { role: 'admin' } }, async () => showBackup(await backUp()));
}

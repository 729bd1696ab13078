import { z } from 'zod';
import { createStatus } from '../action/statuses.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  created,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { CommitStatus } from '../model.ts';
import { apiUrl, shapeRepository } from '../shape/repository.ts';
import { shapeSimpleStatus, shapeStatus } from '../shape/status.ts';
import { resolved } from './commits.ts';

export const statusRoutes: readonly Route[] = [
  onRepository('POST', '/statuses/:sha', 'statuses:write', create),
  onRepository('GET', '/commits/:ref/statuses', 'statuses:read', list),
  onRepository('GET', '/commits/:ref/status', 'statuses:read', combined),
];

const newStatus = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.string().nullish(),
  description: z.string().max(140).nullish(),
  context: z.string().default('default'),
});

async function create(call: RepositoryCall): Promise<Answer> {
  const status = await createStatus(call, { sha: call.params.sha ?? '', ...parse(newStatus, call.body) });
  return created(shapeStatus(call.world, call.repository, status));
}

/** Newest first. */
async function ofRef(call: RepositoryCall): Promise<{ sha: string; statuses: CommitStatus[] }> {
  const sha = await resolved(call);
  return { sha, statuses: call.repository.statuses.filter(status => status.sha === sha).reverse() };
}

async function list(call: RepositoryCall): Promise<Answer> {
  const { statuses } = await ofRef(call);
  return paged(call, statuses, status => shapeStatus(call.world, call.repository, status));
}

async function combined(call: RepositoryCall): Promise<Answer> {
  const { sha, statuses } = await ofRef(call);
  const latest = statuses.filter(
    (one, at) => statuses.findIndex(({ context }) => context === one.context) === at,
  );
  const states = latest.map(({ state }) => state);
  const failed = states.includes('failure') || states.includes('error');
  const url = `${apiUrl(call.world, call.repository)}/commits/${sha}`;
  return ok({
    state: failed
      ? 'failure'
      : states.length > 0 && states.every(state => state === 'success')
        ? 'success'
        : 'pending',
    statuses: latest.map(status => shapeSimpleStatus(call.world, call.repository, status)),
    sha,
    total_count: latest.length,
    repository: shapeRepository(call.world, call.repository),
    commit_url: url,
    url: `${url}/status`,
  });
}

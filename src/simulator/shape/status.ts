import type { CommitStatus, Repository } from '../model.ts';
import type { World } from '../world.ts';
import { type Json, nodeId, time } from './common.ts';
import { apiUrl } from './repository.ts';
import { shapeUser } from './user.ts';

/** GitHub's `simple-commit-status`: one inside the combined status. */
export function shapeSimpleStatus(world: World, repository: Repository, status: CommitStatus): Json {
  return {
    url: `${apiUrl(world, repository)}/statuses/${status.sha}`,
    avatar_url: `${world.url}/avatars/u/${status.creator.id}`,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: time(status.createdAt),
    updated_at: time(status.createdAt),
  };
}

/** GitHub's `status`. */
export function shapeStatus(world: World, repository: Repository, status: CommitStatus): Json {
  return { ...shapeSimpleStatus(world, repository, status), creator: shapeUser(world, status.creator) };
}

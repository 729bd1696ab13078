import { emit } from '../emit.ts';
import { GitHubError } from '../http/errors.ts';
import type { CommitStatus } from '../model.ts';
import { time } from '../shape/common.ts';
import { shapeCommit } from '../shape/git.ts';
import { type Deed, fullName, refuseArchived } from '../world.ts';

export interface NewStatus {
  sha: string;
  state: CommitStatus['state'];
  context: string;
  description?: string | null | undefined;
  target_url?: string | null | undefined;
}

export async function createStatus(deed: Deed, input: NewStatus): Promise<CommitStatus> {
  const { world, repository, actor } = deed;
  refuseArchived(repository);
  if (!(await repository.git.exists(input.sha, 'commit'))) {
    throw new GitHubError(422, `No commit found for SHA: ${input.sha}`);
  }
  const status: CommitStatus = {
    id: world.newId(),
    sha: input.sha,
    state: input.state,
    context: input.context,
    description: input.description ?? null,
    targetUrl: input.target_url ?? null,
    creator: actor.user,
    createdAt: world.clock.now(),
  };
  repository.statuses.push(status);
  await emitStatus(deed, status);
  return status;
}

async function emitStatus(deed: Deed, status: CommitStatus): Promise<void> {
  const { world, repository } = deed;
  const at = time(status.createdAt);
  emit(deed, 'status', null, {
    id: status.id,
    sha: status.sha,
    name: fullName(repository),
    target_url: status.targetUrl,
    avatar_url: null,
    context: status.context,
    description: status.description,
    state: status.state,
    commit: shapeCommit(world, repository, await repository.git.commit(status.sha)),
    branches: [],
    created_at: at,
    updated_at: at,
  });
}

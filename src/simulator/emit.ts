import type { Repository, User } from './model.ts';
import { shapeRepository } from './shape/repository.ts';
import { shapeUser } from './shape/user.ts';
import { type Deed, installationOf, type World } from './world.ts';

/** Tells what happened in a repository: its workflows, and the App's webhook if the App is installed there and subscribed. */
export function emit(
  deed: Deed,
  event: string,
  action: string | null,
  payload: Record<string, unknown>,
): void {
  const { world, repository } = deed;
  const enclosed = enclose(deed, action, payload, event === 'push' ? pushFields(world, repository) : {});
  world.workflows.heard(deed, event, action, enclosed);
  const installation = installationOf(world, repository);
  if (!installation || installation.suspendedAt !== null || !installation.events.includes(event)) return;
  const node_id = Buffer.from(`Installation${installation.id}`).toString('base64');
  world.deliveries.send({
    event,
    action,
    installationId: installation.id,
    repositoryId: repository.id,
    payload: { ...enclosed, installation: { id: installation.id, node_id } },
  });
}

/** What each event tells beside its own: of where it was, as it is now, and who did it. */
export function enclose(
  { world, repository, actor }: Deed,
  action: string | null,
  payload: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    ...(action && { action }),
    ...payload,
    repository: { ...shapeRepository(world, repository), ...more },
    sender: shapeUser(world, actor.user),
    ...(repository.owner.type === 'Organization' && {
      organization: shapeOrganization(world, repository.owner),
    }),
  };
}

/** Push payloads keep an older form of some of the repository's fields. */
function pushFields(world: World, repository: Repository): Record<string, unknown> {
  return {
    owner: { ...shapeUser(world, repository.owner), name: repository.owner.login, email: null },
    created_at: Math.floor(repository.createdAt / 1000),
    pushed_at: Math.floor(repository.pushedAt / 1000),
    stargazers: 0,
    master_branch: repository.defaultBranch,
  };
}

export function shapeOrganization(world: World, owner: User): Record<string, unknown> {
  const { login, id, node_id, avatar_url } = shapeUser(world, owner);
  const url = `${world.url}/api/v3/orgs/${owner.login}`;
  return {
    login,
    id,
    node_id,
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url,
    description: null,
  };
}

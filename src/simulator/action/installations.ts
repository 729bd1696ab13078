import type { Installation, Repository, User } from '../model.ts';
import { shapeInstallation } from '../shape/app.ts';
import { nodeId } from '../shape/common.ts';
import { shapeUser } from '../shape/user.ts';
import { covers, fullName, type World } from '../world.ts';

/** Installs the App on an account: on all its repositories, or on those given. */
export function install(
  world: World,
  account: User,
  repositories: readonly Repository[] | null,
): Installation {
  const now = world.clock.now();
  const installation: Installation = {
    id: world.newId(),
    app: world.app,
    account,
    repositoryIds: repositories && new Set(repositories.map(({ id }) => id)),
    permissions: { metadata: 'read', ...world.app.permissions },
    events: [...world.app.events],
    createdAt: now,
    updatedAt: now,
    suspendedAt: null,
    suspendedBy: null,
  };
  world.installations.set(installation.id, installation);
  tell(world, installation, 'created');
  return installation;
}

export function uninstall(world: World, installation: Installation): void {
  world.installations.delete(installation.id);
  tell(world, installation, 'deleted');
}

export function setSuspended(world: World, installation: Installation, suspended: boolean): void {
  installation.suspendedAt = suspended ? world.clock.now() : null;
  installation.suspendedBy = suspended ? installation.account : null;
  tell(world, installation, suspended ? 'suspend' : 'unsuspend');
}

/** Adds repositories to an installation on chosen ones, or takes them away. */
export function changeSelection(
  world: World,
  installation: Installation,
  repository: Repository,
  added: boolean,
): void {
  if (!installation.repositoryIds) throw new Error('the App is installed on all repositories of the account');
  if (added) installation.repositoryIds.add(repository.id);
  else installation.repositoryIds.delete(repository.id);
  installation.updatedAt = world.clock.now();
  const listed = [brief(repository)];
  send(world, installation, 'installation_repositories', added ? 'added' : 'removed', {
    repository_selection: 'selected',
    repositories_added: added ? listed : [],
    repositories_removed: added ? [] : listed,
    requester: null,
  });
}

function tell(world: World, installation: Installation, action: string): void {
  const repositories = [...world.repositories.values()]
    .filter(repository => covers(installation, repository))
    .map(brief);
  send(world, installation, 'installation', action, {
    repositories,
    ...(action === 'created' && { requester: null }),
  });
}

function brief(repository: Repository) {
  const { id, name } = repository;
  return {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: fullName(repository),
    private: repository.private,
  };
}

/** Apps get these events without subscribing to them. */
function send(
  world: World,
  installation: Installation,
  event: string,
  action: string,
  payload: Record<string, unknown>,
): void {
  world.deliveries.send({
    event,
    action,
    installationId: installation.id,
    repositoryId: null,
    payload: {
      action,
      installation: shapeInstallation(world, installation),
      ...payload,
      sender: shapeUser(world, installation.account),
    },
  });
}

import type { App, Installation, User } from '../model.ts';
import type { World } from '../world.ts';
import { type Json, nodeId, time, timeOrNull } from './common.ts';
import { shapeUser, shapeUserOrNull } from './user.ts';

/** GitHub's `integration`. */
export function shapeApp(world: World, app: App): Json {
  return {
    id: app.id,
    slug: app.slug,
    client_id: app.clientId,
    node_id: nodeId('Integration', app.id),
    owner: shapeUser(world, app.owner),
    name: app.name,
    description: '',
    external_url: world.url,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: time(app.createdAt),
    updated_at: time(app.createdAt),
    permissions: app.permissions,
    events: app.events,
  };
}

/** `performed_via_github_app` of what a person did is null. */
export function viaApp(world: World, { byApp, user }: { byApp: boolean; user: User }): Json | null {
  const app = [world.app, world.actions].find(({ bot }) => bot === user);
  return byApp && app ? shapeApp(world, app) : null;
}

export function shapeInstallation(world: World, installation: Installation): Json {
  const { id, account } = installation;
  return {
    id,
    client_id: world.app.clientId,
    account: shapeUser(world, account),
    repository_selection: installation.repositoryIds === null ? 'all' : 'selected',
    access_tokens_url: `${world.url}/api/v3/app/installations/${id}/access_tokens`,
    repositories_url: `${world.url}/api/v3/installation/repositories`,
    html_url: `${world.url}/settings/installations/${id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: installation.events,
    created_at: time(installation.createdAt),
    updated_at: time(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: shapeUserOrNull(world, installation.suspendedBy),
    suspended_at: timeOrNull(installation.suspendedAt),
  };
}

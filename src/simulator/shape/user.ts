import type { User } from '../model.ts';
import type { World } from '../world.ts';
import { type Json, nodeId, time } from './common.ts';

/** GitHub's `simple-user`. */
export function shapeUser(world: World, user: User): Json {
  const url = `${world.url}/api/v3/users/${encodeURIComponent(user.login)}`;
  const page = user.type === 'Bot' ? `apps/${user.login.replace('[bot]', '')}` : user.login;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId(user.type, user.id),
    avatar_url: `${world.url}/avatars/u/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${page}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

export function shapeUserOrNull(world: World, user: User | null): Json | null {
  return user === null ? null : shapeUser(world, user);
}

/** GitHub's `public-user`, with what a profile shows beyond the above. */
export function shapeProfile(world: World, user: User): Json {
  return {
    ...shapeUser(world, user),
    name: user.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: [...world.repositories.values()].filter(({ owner }) => owner.id === user.id).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: time(user.createdAt),
    updated_at: time(user.createdAt),
  };
}

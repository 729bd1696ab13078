import { notFound } from '../http/errors.ts';
import { type Answer, type Call, ok, type Route } from '../http/route.ts';
import { findUser } from '../world.ts';

export const teamRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/orgs/:org/teams/:slug/memberships/:login',
    access: 'organization',
    needs: ['members:read'],
    handle: membership,
  },
];

function membership({ world, params, path }: Call): Answer {
  const team = world.teams.get(`${params.org}/${params.slug}`.toLowerCase());
  const state = team?.members.get(findUser(world, params.login ?? '').id);
  if (!state) throw notFound();
  return ok({ url: world.url + path, role: 'member', state });
}

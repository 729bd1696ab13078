import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { setSuspended, uninstall } from '../action/installations.ts';
import { actorOf, allows, canSee } from '../http/access.ts';
import { badCredentials, GitHubError, notFound } from '../http/errors.ts';
import { paged, pagedUnder } from '../http/page.ts';
import { readRate } from '../http/rate-limit.ts';
import {
  type Answer,
  type Call,
  created,
  type Need,
  NO_CONTENT,
  ok,
  parse,
  type Route,
} from '../http/route.ts';
import type { Installation, Permissions, Repository } from '../model.ts';
import { shapeApp, shapeInstallation } from '../shape/app.ts';
import { time } from '../shape/common.ts';
import { shapeRepository } from '../shape/repository.ts';
import { shapeProfile } from '../shape/user.ts';
import { covers, findRepository, findUser, type Token } from '../world.ts';

/** Installation tokens live for an hour. */
const TOKEN_MS = 3_600_000;

export const appRoutes: readonly Route[] = [
  { method: 'GET', path: '/app', access: 'app', handle: getApp },
  { method: 'GET', path: '/app/installations', access: 'app', handle: listInstallations },
  {
    method: 'GET',
    path: '/app/installations/:id',
    access: 'app',
    handle: call => ok(shape(call, find(call))),
  },
  { method: 'DELETE', path: '/app/installations/:id', access: 'app', handle: remove },
  {
    method: 'PUT',
    path: '/app/installations/:id/suspended',
    access: 'app',
    handle: call => suspend(call, true),
  },
  {
    method: 'DELETE',
    path: '/app/installations/:id/suspended',
    access: 'app',
    handle: call => suspend(call, false),
  },
  { method: 'POST', path: '/app/installations/:id/access_tokens', access: 'app', handle: createToken },
  { method: 'GET', path: '/repos/:owner/:repo/installation', access: 'app', handle: repositoryInstallation },
  { method: 'GET', path: '/installation/repositories', access: 'anyone', handle: listRepositories },
  { method: 'DELETE', path: '/installation/token', access: 'anyone', handle: revokeToken },
  { method: 'GET', path: '/rate_limit', access: 'anyone', handle: rateLimit },
  { method: 'GET', path: '/user', access: 'anyone', handle: getUser },
  { method: 'GET', path: '/user/:id', access: 'anyone', handle: call => profile(call, loginOf(call)) },
  {
    method: 'GET',
    path: '/users/:login',
    access: 'anyone',
    handle: call => profile(call, call.params.login ?? ''),
  },
];

function getApp({ world }: Call): Answer {
  return ok({ ...shapeApp(world, world.app), installations_count: world.installations.size });
}

function shape({ world }: Call, installation: Installation) {
  return shapeInstallation(world, installation);
}

function listInstallations(call: Call): Answer {
  return paged(call, [...call.world.installations.values()], installation => shape(call, installation));
}

function find(call: Call): Installation {
  const installation = call.world.installations.get(Number(call.params.id));
  if (!installation) throw notFound();
  return installation;
}

function remove(call: Call): Answer {
  uninstall(call.world, find(call));
  return NO_CONTENT;
}

function suspend(call: Call, suspended: boolean): Answer {
  setSuspended(call.world, find(call), suspended);
  return NO_CONTENT;
}

const tokenRequest = z.object({
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.number()).optional(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])).optional(),
});

function createToken(call: Call): Answer {
  const { world } = call;
  const installation = find(call);
  if (installation.suspendedAt !== null) throw new GitHubError(403, 'This installation has been suspended');
  const input = parse(tokenRequest, call.body);
  const chosen = chooseRepositories(call, installation, input);
  const permissions = narrow(installation.permissions, input.permissions);
  const secret = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, '0')}`;
  const expiresAt = world.clock.now() + TOKEN_MS;
  const repositoryIds = chosen && new Set(chosen.map(({ id }) => id));
  world.tokens.set(secret, { kind: 'installation', installation, repositoryIds, permissions, expiresAt });
  return created({
    token: secret,
    expires_at: time(expiresAt),
    permissions,
    repository_selection: chosen || installation.repositoryIds ? 'selected' : 'all',
    ...(chosen && { repositories: chosen.map(repository => shapeRepository(world, repository)) }),
  });
}

function chooseRepositories(
  call: Call,
  installation: Installation,
  input: z.infer<typeof tokenRequest>,
): Repository[] | null {
  if (!input.repositories && !input.repository_ids) return null;
  const reachable = [...call.world.repositories.values()].filter(repository =>
    covers(installation, repository),
  );
  const byName = (input.repositories ?? []).map(name =>
    reachable.find(repository => repository.name === name),
  );
  const byId = (input.repository_ids ?? []).map(id => reachable.find(repository => repository.id === id));
  const chosen = [...byName, ...byId].filter(repository => repository !== undefined);
  if (chosen.length === byName.length + byId.length) return chosen;
  throw new GitHubError(
    422,
    'There is at least one repository that does not exist or is not accessible to the parent installation.',
  );
}

function narrow(held: Permissions, asked: Permissions | undefined): Permissions {
  if (!asked) return { metadata: 'read', ...held };
  if (Object.entries(asked).every(([name, level]) => allows(held, `${name}:${level}` as Need))) {
    return { metadata: 'read', ...asked };
  }
  throw new GitHubError(422, 'The permissions requested are not granted to this installation.');
}

function repositoryInstallation(call: Call): Answer {
  const repository = findRepository(call.world, call.params.owner ?? '', call.params.repo ?? '');
  const installation = [...call.world.installations.values()].find(
    one => repository && covers(one, repository),
  );
  if (!installation) throw notFound();
  return ok(shape(call, installation));
}

function installationToken(call: Call): Extract<Token, { kind: 'installation' }> {
  if (call.token?.kind !== 'installation')
    throw new GitHubError(403, 'You must authenticate with an installation access token');
  return call.token;
}

function listRepositories(call: Call): Answer {
  const token = installationToken(call);
  const { world } = call;
  const mine = [...world.repositories.values()].filter(
    repository => covers(token.installation, repository) && (token.repositoryIds?.has(repository.id) ?? true),
  );
  return pagedUnder(
    call,
    'repositories',
    mine.filter(one => canSee(token, one)),
    one => shapeRepository(world, one, actorOf(token)),
  );
}

function revokeToken(call: Call): Answer {
  const token = installationToken(call);
  for (const [secret, known] of call.world.tokens) if (known === token) call.world.tokens.delete(secret);
  return NO_CONTENT;
}

function rateLimit(call: Call): Answer {
  const rate = readRate(call.world, call.rateKey);
  return ok({ resources: { core: rate, search: rate, graphql: rate }, rate });
}

function getUser(call: Call): Answer {
  if (!call.token) throw badCredentials();
  if (call.token.kind === 'installation')
    throw new GitHubError(403, 'Resource not accessible by integration');
  return profile(call, call.token.user.login);
}

function loginOf({ world, params }: Call): string {
  const user = [...world.users.values()].find(({ id }) => id === Number(params.id));
  if (!user) throw notFound();
  return user.login;
}

function profile({ world }: Call, login: string): Answer {
  return ok(shapeProfile(world, findUser(world, login)));
}

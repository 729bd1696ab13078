import type { Actor, Installation, Level, Permissions, Repository } from '../model.ts';
import { covers, findRepository, findUser, hasRole, type Token, type World } from '../world.ts';
import { checkAppJwt } from './app-jwt.ts';
import { badCredentials, GitHubError, notAccessible, notFound } from './errors.ts';
import type { Call, Need, RepositoryCall, Route } from './route.ts';

export type Caller =
  | { kind: 'anonymous' }
  | { kind: 'app' }
  | { kind: 'token'; token: Token; secret: string };

const LEVELS: readonly Level[] = ['read', 'write', 'admin'];

/** Who sends a request, by its Authorization header: `Bearer`, `token`, or `Basic` with the token as password. */
export function authenticate(world: World, authorization: string | undefined): Caller {
  if (!authorization) return { kind: 'anonymous' };
  const secret = secretOf(authorization);
  if (secret.split('.').length === 3) {
    checkAppJwt(world.app, secret, world.clock.now());
    return { kind: 'app' };
  }
  const token = world.tokens.get(secret);
  if (!token) throw badCredentials();
  if (token.kind === 'user' && token.user.suspended)
    throw new GitHubError(403, 'Sorry. Your account was suspended.');
  if (token.kind === 'installation') {
    if (token.expiresAt <= world.clock.now()) throw badCredentials();
    if (isGone(world, token.installation)) throw badCredentials();
    if (token.installation.suspendedAt !== null) {
      throw new GitHubError(403, 'This installation has been suspended');
    }
  }
  return { kind: 'token', token, secret };
}

/** GitHub Actions is everywhere, and listed nowhere. */
function isGone(world: World, { app, id }: Installation): boolean {
  return app === world.app && !world.installations.has(id);
}

function secretOf(authorization: string): string {
  const [scheme = '', value = ''] = authorization.split(/ +/);
  if (scheme.toLowerCase() !== 'basic') return value;
  return Buffer.from(value, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
}

/** The repository and the actor of a call, or GitHub's refusal. */
export function admit(
  call: Call,
  caller: Caller,
  route: Extract<Route, { access: 'repository' }>,
): RepositoryCall {
  const { world } = call;
  const repository = findRepository(world, call.params.owner ?? '', call.params.repo ?? '');
  if (caller.kind === 'app') throw notAccessible();
  if (caller.kind === 'anonymous' && route.method !== 'GET')
    throw new GitHubError(401, 'Requires authentication');
  if (!repository) throw notFound();
  if (caller.kind === 'anonymous') {
    if (repository.private) throw notFound();
    return { ...call, repository, actor: { user: world.app.owner, permissions: {} } };
  }
  const actor = actorOf(caller.token);
  if (!canSee(caller.token, repository)) throw notFound();
  if (!mayUse(caller.token, repository, route)) throw refusal(caller.token, route.needs);
  return { ...call, repository, actor };
}

/** Refuses who has no business in an organization. */
export function admitToOrganization(
  { world, params }: Call,
  caller: Caller,
  route: Extract<Route, { access: 'organization' }>,
): void {
  const organization = findUser(world, params.org ?? '');
  if (caller.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
  if (caller.kind === 'app') throw notAccessible();
  const { token } = caller;
  if (token.kind === 'user') return;
  const isThere = token.installation.account.id === organization.id;
  if (!isThere || !route.needs.some(need => allows(token.permissions, need)))
    throw refusal(token, route.needs);
}

export function actorOf(token: Token): Actor {
  if (token.kind === 'user') return { user: token.user, permissions: null };
  return { user: token.installation.app.bot, permissions: token.permissions };
}

export function canSee(token: Token, repository: Repository): boolean {
  if (!repository.private) return true;
  return token.kind === 'user' ? hasRole(repository, token.user, 'read') : reaches(token, repository);
}

/** Whether an installation's token was given for the repository. */
function reaches(token: Extract<Token, { kind: 'installation' }>, repository: Repository): boolean {
  if (!covers(token.installation, repository)) return false;
  return token.repositoryIds === null || token.repositoryIds.has(repository.id);
}

function mayUse(
  token: Token,
  repository: Repository,
  route: Extract<Route, { access: 'repository' }>,
): boolean {
  if (token.kind === 'user') return hasRole(repository, token.user, route.role);
  // What is public may be read without any permission, also where the App isn't installed.
  if (!reaches(token, repository)) return route.method === 'GET';
  return route.needs.some(need => allows(token.permissions, need));
}

export function allows(permissions: Permissions, need: Need): boolean {
  const [name = '', level = 'read'] = need.split(':') as [string, Level];
  const held = name === 'metadata' ? (permissions[name] ?? 'read') : permissions[name];
  return held !== undefined && LEVELS.indexOf(held) >= LEVELS.indexOf(level);
}

function refusal(token: Token, needs: readonly Need[]): GitHubError {
  if (token.kind === 'user') return new GitHubError(403, 'Must have admin rights to Repository.');
  const accepted = needs.map(need => need.replace(':', '=')).join('; ');
  return new GitHubError(403, notAccessible().message, {
    headers: { 'x-accepted-github-permissions': accepted },
  });
}

/** Whether a token may read or write a repository's code over git. */
export function mayUseGit(token: Token, repository: Repository, level: 'read' | 'write'): boolean {
  if (token.kind === 'user') return hasRole(repository, token.user, level);
  if (!reaches(token, repository)) return level === 'read' && !repository.private;
  return allows(token.permissions, `contents:${level}`);
}

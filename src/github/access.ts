import type { RepositorySettings } from '../config/repository.ts';
import { ROLES as NAMED } from '../config/schema.ts';
import { hasStatus, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';

/** GitHub's roles, weakest first; a role contains the ones before it. */
const ROLES = ['none', ...NAMED] as const;
type Role = (typeof ROLES)[number];

/** Somebody on GitHub: the number stays, the login can be changed, and then be taken by somebody else. */
export interface Person {
  id: number;
  login: string;
}

/** What `permission` says of a role: an older, coarser word. */
const COARSE: Record<string, readonly Role[]> = {
  admin: ['admin'],
  write: ['write', 'maintain'],
  read: ['read', 'triage'],
};

/** GitHub's names of rights, for roles that have a name of their own. */
const RIGHTS = { triage: 'triage', maintain: 'maintain' } as const;

/**
 * Whether a person may command in a repository, asked of GitHub now. Whatever GitHub answers but a yes throws or is a no.
 * Teams are those of the organization that owns the repository; to ask for them the App needs `members: read`.
 */
export async function mayCommand(
  octokit: Octokit,
  repository: string,
  person: Person,
  { minimum, floor, users, teams }: RepositorySettings['permissions'],
): Promise<boolean> {
  const { role, login } = await standingOf(octokit, repository, person);
  if (hasRole(role, minimum)) return true;
  if (!hasRole(role, floor)) return false;
  if (users.some(user => user.toLowerCase() === login.toLowerCase())) return true;
  for (const team of teams) if (await isMember(octokit, repository, team, login)) return true;
  return false;
}

/**
 * A person's role and present login. GitHub is asked by login, so an answer counts only if it is about the same number;
 * a login that leads nowhere or to somebody else has been changed, and the number tells to what.
 */
async function standingOf(octokit: Octokit, repository: string, { id, login }: Person) {
  const named = await roleOf(octokit, repository, login);
  if (named?.id === id) return named;
  const present = await loginOf(octokit, id);
  const found = present === null ? null : await roleOf(octokit, repository, present);
  return found?.id === id ? found : { role: 'none' as const, login };
}

/** By the collaborator permission API: `author_association` in payloads misses private members. */
async function roleOf(octokit: Octokit, repository: string, username: string) {
  const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission';
  const data = await unlessMissing(octokit.request(route, { ...ownerAndName(repository), username }));
  return data?.user ? { id: data.user.id, login: data.user.login, role: readRole(data) } : null;
}

interface Answer {
  permission: string;
  role_name: string;
  user: { permissions?: { triage?: boolean; maintain?: boolean } } | null;
}

/** `permission` bounds the role; the exact one has its name in `role_name`, or is a custom role with certain rights. */
function readRole({ permission, role_name, user }: Answer): Role {
  const possible = COARSE[permission] ?? [];
  const exact = possible.find(role => role === role_name);
  const custom = possible.find(
    role => role in RIGHTS && user?.permissions?.[role as keyof typeof RIGHTS] === true,
  );
  const isBuiltIn = ROLES.some(role => role === role_name);
  return exact ?? (isBuiltIn ? undefined : custom) ?? possible[0] ?? 'none';
}

async function loginOf(octokit: Octokit, account_id: number): Promise<string | null> {
  const data = await unlessMissing(octokit.request('GET /user/{account_id}', { account_id }));
  return data?.login ?? null;
}

async function isMember(octokit: Octokit, repository: string, team_slug: string, username: string) {
  const route = 'GET /orgs/{org}/teams/{team_slug}/memberships/{username}';
  const org = ownerAndName(repository).owner;
  const data = await unlessMissing(octokit.request(route, { org, team_slug, username }));
  return data?.state === 'active';
}

/** The answer's data; null where GitHub says that there is no such person, or not there. */
async function unlessMissing<T>(asked: Promise<{ data: T }>): Promise<T | null> {
  try {
    return (await asked).data;
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

function hasRole(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

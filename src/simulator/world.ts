import type { Clock } from '../shared/clock.ts';
import type { Deliveries } from './deliveries.ts';
import type { Faults } from './faults.ts';
import { GitHubError, notFound } from './http/errors.ts';
import type { Traffic } from './http/traffic.ts';
import type {
  Actor,
  App,
  Installation,
  Issue,
  Permissions,
  PullRequest,
  Repository,
  Role,
  Team,
  User,
} from './model.ts';
import { ROLES } from './model.ts';
import type { Workflows } from './workflows/workflows.ts';

export type Token =
  | { kind: 'user'; user: User }
  | {
      kind: 'installation';
      installation: Installation;
      repositoryIds: Set<number> | null;
      permissions: Permissions;
      expiresAt: number;
    };

/** Everything the simulated GitHub knows, in memory; only repositories' contents are on disk. */
export interface World {
  clock: Clock;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  url: string;
  directory: string;
  app: App;
  /** GitHub Actions, in whose name jobs of workflows act. */
  actions: App;
  /** By lower-case login. */
  users: Map<string, User>;
  /** By lower-case `organization/slug`. */
  teams: Map<string, Team>;
  repositories: Map<number, Repository>;
  /** Repositories by the lower-case names that they had before. */
  formerNames: Map<string, number>;
  installations: Map<number, Installation>;
  tokens: Map<string, Token>;
  rates: Map<string, { used: number; resetAt: number }>;
  traffic: Traffic;
  deliveries: Deliveries;
  workflows: Workflows;
  faults: Faults;
  newId(): number;
}

/** Somebody about to do something in a repository. */
export interface Deed {
  world: World;
  repository: Repository;
  actor: Actor;
}

export function findUser(world: World, login: string): User {
  const user = world.users.get(login.toLowerCase());
  if (!user || user.suspended) throw notFound();
  return user;
}

export function findRepository(world: World, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  const named = [...world.repositories.values()].find(
    repository => fullName(repository).toLowerCase() === wanted,
  );
  // GitHub redirects from former names, which clients follow without a word.
  return named ?? world.repositories.get(world.formerNames.get(wanted) ?? 0);
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

export function findIssue(repository: Repository, number: unknown): Issue {
  const issue = repository.issues.get(Number(number));
  if (!issue) throw notFound();
  return issue;
}

export function findPull(repository: Repository, number: unknown): PullRequest {
  const issue = findIssue(repository, number);
  if (!isPull(issue)) throw notFound();
  return issue;
}

export function isPull(issue: Issue): issue is PullRequest {
  return issue.pull !== null;
}

/** A person's role, the strongest of all that were given: owners are admins, everybody may read what is public. */
export function roleOf(repository: Repository, user: User): Role {
  if (user.suspended) return 'none';
  if (repository.owner.id === user.id) return 'admin';
  const byTeam = [...repository.teams].filter(([team]) => team.members.get(user.id) === 'active');
  const roles = [repository.collaborators.get(user.id) ?? 'none', ...byTeam.map(([, role]) => role)];
  const least = repository.private ? 'none' : 'read';
  return ROLES.findLast(role => roles.includes(role) && role !== 'none') ?? least;
}

/** Whether a person belongs to the organization that owns the repository; who does not is an outside collaborator. */
export function isMember(world: World, repository: Repository, user: User): boolean {
  const teams = [...world.teams.values()].filter(team => team.organization.id === repository.owner.id);
  return teams.some(team => team.members.get(user.id) === 'active');
}

export function hasRole(repository: Repository, user: User, wanted: Role): boolean {
  return ROLES.indexOf(roleOf(repository, user)) >= ROLES.indexOf(wanted);
}

/** The installation that covers a repository, suspended or not. */
export function installationOf(world: World, repository: Repository): Installation | undefined {
  return [...world.installations.values()].find(installation => covers(installation, repository));
}

export function covers(installation: Installation, repository: Repository): boolean {
  if (installation.account.id !== repository.owner.id) return false;
  return installation.repositoryIds === null || installation.repositoryIds.has(repository.id);
}

export function refuseArchived(repository: Repository): void {
  if (repository.archived) throw new GitHubError(403, 'Repository was archived so is read-only.');
}

const chains = new WeakMap<object, Promise<unknown>>();

/** Runs one change of a repository (or of the world) after the other. Not to be nested for the same subject. */
export async function exclusively<T>(subject: object, change: () => Promise<T> | T): Promise<T> {
  const run = (chains.get(subject) ?? Promise.resolve()).then(change);
  chains.set(
    subject,
    run.catch(() => undefined),
  );
  return run;
}

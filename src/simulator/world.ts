import type { Clock } from '../shared/clock.ts';
import type { Deliveries } from './deliveries.ts';
import type { Faults } from './faults.ts';
import { GitHubError, notFound } from './http/errors.ts';
import type {
  Actor,
  App,
  Installation,
  Issue,
  Permissions,
  PullRequest,
  Repository,
  Role,
  User,
} from './model.ts';
import { ROLES } from './model.ts';

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
  /** By lower-case login. */
  users: Map<string, User>;
  repositories: Map<number, Repository>;
  installations: Map<number, Installation>;
  tokens: Map<string, Token>;
  rates: Map<string, { used: number; resetAt: number }>;
  deliveries: Deliveries;
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
  if (!user) throw notFound();
  return user;
}

export function findRepository(world: World, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  return [...world.repositories.values()].find(repository => fullName(repository).toLowerCase() === wanted);
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

/** A person's role: owners are admins, everybody may read what is public. */
export function roleOf(repository: Repository, user: User): Role {
  if (repository.owner.id === user.id) return 'admin';
  return repository.collaborators.get(user.id) ?? (repository.private ? 'none' : 'read');
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

import { GitHubError, notFound } from '../http/errors.ts';
import type { Repository, Role, User } from '../model.ts';
import type { Simulator } from '../simulator.ts';
import { type Deed, exclusively, findRepository, fullName, hasRole, type World } from '../world.ts';
import type { Html } from './html.ts';

/** Somebody looks at a page or sends a form of one. */
export interface Visit {
  simulator: Simulator;
  world: World;
  /** Who the visitor acts as. */
  user: User;
  /** The path with its query. */
  path: string;
  params: Record<string, string>;
  form: URLSearchParams;
}

export interface RepositoryVisit extends Visit {
  repository: Repository;
  /** `owner/name`, and the path of its page with a `/` before. */
  name: string;
}

export interface Page {
  title: string;
  main: Html;
  /** The state in one line, told to screen readers when it changes. */
  says?: string;
}

/** The visit of a repository that the path names, if the user may see it. */
export function atRepository(visit: Visit): RepositoryVisit {
  const { owner = '', repo = '' } = visit.params;
  const repository = findRepository(visit.world, owner, repo);
  if (!repository || !hasRole(repository, visit.user, 'read')) throw notFound();
  return { ...visit, repository, name: fullName(repository) };
}

/** Pages refuse what GitHub's pages would not offer, before an action is taken. */
export function demand({ repository, user }: RepositoryVisit, role: Role): void {
  if (hasRole(repository, user, role)) return;
  throw new GitHubError(403, `${user.login} needs the role ${role} in this repository for that.`);
}

/** Does something that only pages offer, as the user. */
export function act<T>(visit: RepositoryVisit, change: (deed: Deed) => T | Promise<T>): Promise<T> {
  const { world, repository, user } = visit;
  return exclusively(repository, () => change({ world, repository, actor: { user, permissions: null } }));
}

/** A field of a form without spaces around it; empty when it is missing. */
export function field(visit: Visit, name: string): string {
  return visit.form.get(name)?.trim() ?? '';
}

/** Where a form wants to return to: a path of these pages, and never another host by `//`. */
export function back(visit: Visit): string {
  const base = visit.world.url;
  const wanted = field(visit, 'back');
  const url = URL.canParse(wanted, base) ? new URL(wanted, base) : null;
  return url?.origin === base ? url.pathname.replace(/^\/+/, '/') + url.search + url.hash : '/';
}

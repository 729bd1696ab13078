import { z } from 'zod';
import { notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import { type Repository, ROLES, type Role, type User } from '../model.ts';
import { shapeFullRepository } from '../shape/repository.ts';
import { shapeUser } from '../shape/user.ts';
import { findUser, hasRole, refuseArchived, roleOf } from '../world.ts';

export const repositoryRoutes: readonly Route[] = [
  onRepository('GET', '', 'metadata:read', call =>
    ok(shapeFullRepository(call.world, call.repository, call.actor)),
  ),
  onRepository('GET', '/collaborators', 'metadata:read', list, 'write'),
  onRepository('GET', '/collaborators/:login', 'metadata:read', check, 'write'),
  onRepository('PUT', '/collaborators/:login', 'administration:write', add, 'admin'),
  onRepository('DELETE', '/collaborators/:login', 'administration:write', remove, 'admin'),
  onRepository('GET', '/collaborators/:login/permission', 'metadata:read', permission),
];

function collaborators(call: RepositoryCall): User[] {
  const { owner, collaborators } = call.repository;
  const people = [...call.world.users.values()].filter(({ id }) => collaborators.has(id));
  return owner.type === 'Organization' ? people : [owner, ...people];
}

function list(call: RepositoryCall): Answer {
  return paged(call, collaborators(call), user => shapeCollaborator(call, user));
}

function shapeCollaborator({ world, repository }: RepositoryCall, user: User) {
  const role = roleOf(repository, user);
  return { ...shapeUser(world, user), permissions: permissionFlags(repository, user), role_name: role };
}

function permissionFlags(repository: Repository, user: User) {
  const is = (role: Role) => hasRole(repository, user, role);
  return {
    pull: is('read'),
    triage: is('triage'),
    push: is('write'),
    maintain: is('maintain'),
    admin: is('admin'),
  };
}

function check(call: RepositoryCall): Answer {
  const login = call.params.login?.toLowerCase();
  if (!collaborators(call).some(user => user.login.toLowerCase() === login)) throw notFound();
  return NO_CONTENT;
}

const PERMISSION_ROLES: Record<string, Role> = { pull: 'read', push: 'write' };

function add(call: RepositoryCall): Answer {
  refuseArchived(call.repository);
  const { permission } = parse(z.object({ permission: z.string().default('push') }), call.body);
  const role = ROLES.find(name => name === (PERMISSION_ROLES[permission] ?? permission)) ?? 'write';
  call.repository.collaborators.set(findUser(call.world, call.params.login ?? '').id, role);
  return NO_CONTENT;
}

function remove(call: RepositoryCall): Answer {
  refuseArchived(call.repository);
  call.repository.collaborators.delete(findUser(call.world, call.params.login ?? '').id);
  return NO_CONTENT;
}

/** `permission` is the old, coarse word; `role_name` says exactly. */
const COARSE: Record<Role, string> = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
};

function permission(call: RepositoryCall): Answer {
  const user = findUser(call.world, call.params.login ?? '');
  const role = roleOf(call.repository, user);
  return ok({ permission: COARSE[role], role_name: role, user: shapeCollaborator(call, user) });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../model.ts';
import { hasRole, type World } from '../world.ts';

const COOKIE = 'orch-acting-as';
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

export const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Stricter, and browsers would send `Origin: null` with the pages' own forms.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/**
 * Whether a request was sent by a page of ours. Other sites can send forms here too, and, by a name that resolves to
 * loopback, under an origin that looks like ours: so the name is checked as well.
 */
export function isOwn({ headers }: FastifyRequest): boolean {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  const name = host.replace(/:\d+$/, '');
  return origin === `http://${host}` && LOOPBACK.includes(name) && site === 'same-origin';
}

/** Who the visitor acts as: as chosen, else somebody who may write somewhere, else anybody. */
export function actingUser(world: World, request: FastifyRequest): User {
  const people = peopleOf(world);
  const chosen = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1];
  const writes = (user: User) => [...world.repositories.values()].some(one => hasRole(one, user, 'write'));
  return people.find(({ login }) => login === chosen) ?? people.find(writes) ?? world.app.owner;
}

export function peopleOf(world: World): User[] {
  return [...world.users.values()].filter(({ type }) => type === 'User');
}

export function rememberUser(reply: FastifyReply, user: User): void {
  reply.header('set-cookie', `${COOKIE}=${user.login}; Path=/; HttpOnly; SameSite=Strict`);
}

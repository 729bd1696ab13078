import type { z } from 'zod';
import type { Level, Role } from '../model.ts';
import type { Deed, Token, World } from '../world.ts';
import { GitHubError } from './errors.ts';

type PermissionName =
  | 'actions'
  | 'administration'
  | 'checks'
  | 'contents'
  | 'issues'
  | 'members'
  | 'metadata'
  | 'pull_requests'
  | 'statuses';
/** A permission an App must hold for a route: `issues:write`. */
export type Need = `${PermissionName}:${Level}`;

/** One request, with who sent it already known. */
export interface Call {
  world: World;
  method: Method;
  /** The path as sent, without query. */
  path: string;
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  /** What the caller wants to get: `application/vnd.github.raw+json` for a file as it is. */
  accept: string;
  token: Token | null;
  /** What the rate limit is counted by. */
  rateKey: string;
}

export type RepositoryCall = Call & Deed;

export interface Answer {
  status: number;
  body?: unknown;
  /** Plain text instead of JSON. */
  text?: string | Uint8Array;
  headers?: Record<string, string>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One line of GitHub's API: who may call it, and what answers. */
export type Route = { method: Method; path: string } & (
  | { access: 'app'; handle: (call: Call) => Answer | Promise<Answer> }
  | { access: 'anyone'; handle: (call: Call) => Answer | Promise<Answer> }
  /** Under `/orgs/{org}`: for the organization's own people, and Apps installed there that hold the permission. */
  | { access: 'organization'; needs: readonly Need[]; handle: (call: Call) => Answer | Promise<Answer> }
  | {
      access: 'repository';
      /** The App needs one of these. */
      needs: readonly Need[];
      /** What a person needs to be. */
      role: Role;
      handle: (call: RepositoryCall) => Answer | Promise<Answer>;
    }
);

/** A route under `/repos/{owner}/{repo}`. People need `role`, by default write for writing and read for reading. */
export function onRepository(
  method: Method,
  path: string,
  needs: Need | readonly Need[],
  handle: (call: RepositoryCall) => Answer | Promise<Answer>,
  role: Role = method === 'GET' ? 'read' : 'write',
): Route {
  const list = typeof needs === 'string' ? [needs] : needs;
  return { method, path: `/repos/:owner/:repo${path}`, access: 'repository', needs: list, role, handle };
}

/** Reads a request's body; what doesn't fit is GitHub's 422, naming the fields. */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const complaints = result.error.issues.map(issue => `"${issue.path.join('.')}" ${issue.message}`);
  throw new GitHubError(422, `Invalid request.\n\n${complaints.join('\n')}`);
}

export function created(body: unknown): Answer {
  return { status: 201, body };
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export const NO_CONTENT: Answer = { status: 204 };

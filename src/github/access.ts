import { ROLES as NAMED } from '../config/schema.ts';
import { hasStatus, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';

/** GitHub's roles, weakest first; a role contains the ones before it. */
const ROLES = ['none', ...NAMED] as const;
export type Role = (typeof ROLES)[number];

/**
 * The role of a user in a repository, by the collaborator permission API: `author_association` in payloads misses
 * private members. A user GitHub does not know there has `none`; any other failure throws, and means no.
 */
export async function roleOf(octokit: Octokit, repository: string, username: string): Promise<Role> {
  const { owner, repo } = ownerAndName(repository);
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', {
      owner,
      repo,
      username,
    });
    // A custom role has a name of its own; `permission` then says which built-in one it amounts to.
    return (
      ROLES.find(role => role === data.role_name) ?? ROLES.find(role => role === data.permission) ?? 'none'
    );
  } catch (error) {
    if (hasStatus(error, 404)) return 'none';
    throw error;
  }
}

export function hasRole(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

import { z } from 'zod';
import { findIssue } from '../github/asked.ts';
import { ownerAndName } from '../github/comments.ts';
import { type Door, user } from '../github/payloads.ts';
import type { Workshop } from './open.ts';

/** A token reaches one at most, and the payload in a workflow run does not tell of it. */
export const INSTALLATION = 0;

const payloads = z.object({ sender: user });

/**
 * Where the workflow asks for something, and who has started it: what the event doesn't tell, GitHub does. Errors:
 * E_UNKNOWN_ISSUE.
 */
export async function doorOf(
  { github, job }: Pick<Workshop, 'github' | 'job'>,
  issue: number | null,
): Promise<Door> {
  const octokit = await github.octokit(INSTALLATION, job.repository.id);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}', ownerAndName(job.repository.fullName));
  const { id, full_name, default_branch } = data;
  const told = payloads.safeParse(job.event.payload);
  const { login } = job.actor;
  const actor = { ...job.actor, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
  return {
    repository: { id: Number(id), full_name, default_branch },
    installation: { id: INSTALLATION },
    sender: told.success ? told.data.sender : actor,
    ...(issue === null ? {} : { issue: await findIssue(octokit, full_name, issue) }),
  };
}

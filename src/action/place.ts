import { z } from 'zod';
import { hasStatus } from '../github/client.ts';
import { ownerAndName } from '../github/comments.ts';
import { issueComment, type Place } from '../github/payloads.ts';
import { OrchError } from '../shared/errors.ts';
import type { Workshop } from './open.ts';

/** A token reaches one at most, and the payload in a workflow run does not tell of it. */
export const INSTALLATION = 0;

const sender = z.object({ sender: issueComment.shape.sender });

/** Of what is asked for at no issue. */
const NO_ISSUE: Place['issue'] = { number: 0, title: '', labels: [], comments: 0 };

/** Where the workflow asks for something, and who has started it: what the event doesn't tell, GitHub does. */
export async function placeOf(
  { github, job }: Pick<Workshop, 'github' | 'job'>,
  issue: number | null,
): Promise<Place> {
  const octokit = await github.octokit(INSTALLATION, job.repository.id);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}', ownerAndName(job.repository.fullName));
  const { id, full_name, default_branch } = data;
  const told = sender.safeParse(job.event.payload);
  const { login } = job.actor;
  const actor = { ...job.actor, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
  return {
    repository: { id: Number(id), full_name, default_branch },
    installation: { id: INSTALLATION },
    sender: told.success ? told.data.sender : actor,
    issue: issue === null ? NO_ISSUE : await readIssue({ github, job }, full_name, issue),
  };
}

/** An issue as it is now. Errors: E_ISSUE_GONE when it was moved or deleted, or never was. */
export async function readIssue(
  { github, job }: Pick<Workshop, 'github' | 'job'>,
  repository: string,
  number: number,
): Promise<Place['issue']> {
  const octokit = await github.octokit(INSTALLATION, job.repository.id);
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
  const gone = (what: string) => new OrchError('E_ISSUE_GONE', `#${number} of ${repository} ${what}`);
  const { data } = await octokit
    .request(route, { ...ownerAndName(repository), issue_number: number })
    .catch(error => {
      throw hasStatus(error, 404, 410) ? gone('is not there') : error;
    });
  // GitHub leads from where it was to where it is.
  const where = new URL(data.html_url).pathname.split('/').slice(1, 3).join('/');
  if (where.toLowerCase() !== repository.toLowerCase())
    throw gone(`was moved: it is ${where}#${data.number} now`);
  return issueComment.shape.issue.parse(data);
}

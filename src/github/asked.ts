import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Ask, Asked, AskedAt, Wish } from '../forge/wish.ts';
import { OrchError } from '../shared/errors.ts';
import { taskName } from '../task/glossary.ts';
import { admit, isAllowed } from './admit.ts';
import { type AppGithub, githubMessage, hasStatus, isRefusal, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';
import type { AppContext } from './context.ts';
import { type Door, issue as issueSchema, repository as repositorySchema, user } from './payloads.ts';
import { queueAt } from './queue-at.ts';

/** Where a name leads is for the App itself to ask. */
type AskContext = AppContext & { github: AppGithub };

/**
 * Takes tasks that are asked for over the API, as if whoever asks had commented there: GitHub says whether they may. Errors
 * besides those of `Ask`: E_GITHUB, E_GITHUB_AWAY.
 */
export function githubAsk(context: AskContext): Ask {
  return async (wishes, at) => {
    if (at === null) throw nowhere();
    try {
      return await askAt(context, await findDoor(context, at), wishes);
    } catch (error) {
      if (error instanceof OrchError) throw error;
      const code = isRefusal(error) ? 'E_GITHUB' : 'E_GITHUB_AWAY';
      throw new OrchError(code, `GitHub does not let it be asked: ${githubMessage(error)}`, {
        cause: error,
        ...(code === 'E_GITHUB_AWAY' && { remedy: 'Nothing was queued: ask again when GitHub answers.' }),
      });
    }
  };
}

/** Queues what the sender wants, if they may command there. Errors: E_NO_ACCESS, and those of `queueAt`. */
export async function askAt(context: AppContext, door: Door, wishes: readonly Wish[]): Promise<Asked[]> {
  const admission = await admit(context, door);
  if (admission.kind !== 'admitted')
    throw new OrchError('E_NO_ACCESS', admission.kind === 'refused' ? admission.text : admission.why);
  // What was said there until now, by GitHub's clock.
  const from = { words: null, at: door.issue?.updated_at, delivery: randomUUID() };
  const queued = await queueAt(context, door, wishes, admission.repository, from);
  for (const { kind, task } of queued)
    context.log.info({ task: taskName(task.id), kind, requester: door.sender.login }, 'asked');
  return queued.map(each => ({ ...each, notes: [] }));
}

function nowhere(): OrchError {
  return new OrchError('E_USAGE', 'This daemon works for repositories on GitHub, and none is named', {
    remedy:
      'Say where, and who asks: --repository owner/name --issue 12 --requester LOGIN; or comment /orch on an issue.',
  });
}

async function findDoor(context: AskContext, at: AskedAt): Promise<Door> {
  const place = await findRepository(context, at.repository);
  const octokit = await context.github.octokit(place.installation.id, place.repository.id);
  const sender = await findUser(octokit, at.requester);
  if (at.issue === null) return { ...place, sender };
  return { ...place, sender, issue: await findIssue(octokit, place.repository.full_name, at.issue) };
}

const reached = z.object({ repositories: z.array(repositorySchema).length(1) });

/** A repository by its name, and the installation that reaches it. Errors: E_UNKNOWN_REPOSITORY. */
async function findRepository(
  { github, settings }: AskContext,
  name: string,
): Promise<Pick<Door, 'repository' | 'installation'>> {
  const unknown = (why: string) =>
    new OrchError('E_UNKNOWN_REPOSITORY', `Orch can't work in ${name}: ${why}`);
  if (!isAllowed(settings, name)) throw unknown('it is not among github.allow_repositories');
  const app = await github.app();
  const at = ownerAndName(name);
  const found = await app('GET /repos/{owner}/{repo}/installation', at).catch(error => {
    throw hasStatus(error, 404) ? unknown('the App is not installed there') : error;
  });
  const { id, suspended_at } = found.data;
  if (suspended_at) throw unknown('the App is suspended there');
  // Only what a token reaches tells the repository's number, which all else goes by.
  const minted = await app('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: id,
    repositories: [at.repo],
    permissions: { metadata: 'read' },
  }).catch(error => {
    throw hasStatus(error, 422) ? unknown('GitHub does not know it by this name any more') : error;
  });
  const [repository] = reached.parse(minted.data).repositories;
  return { installation: { id }, repository: repository as Door['repository'] };
}

async function findUser(octokit: Octokit, username: string): Promise<Door['sender']> {
  const found = await octokit.request('GET /users/{username}', { username }).catch(error => {
    if (!hasStatus(error, 404)) throw error;
    throw new OrchError('E_NO_ACCESS', `There is nobody on GitHub called ${username}`);
  });
  return user.parse(found.data);
}

const present = issueSchema.omit({ labels: true }).extend({ repository_url: z.string() });

/** An issue or pull request as it is now. Errors: E_UNKNOWN_ISSUE, also where it was moved elsewhere. */
export async function findIssue(
  octokit: Octokit,
  repository: string,
  number: number,
): Promise<NonNullable<Door['issue']>> {
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
  const { data } = await octokit
    .request(route, { ...ownerAndName(repository), issue_number: number })
    .catch(error => {
      if (!hasStatus(error, 404, 410)) throw error;
      throw new OrchError('E_UNKNOWN_ISSUE', `There is no issue #${number} in ${repository}`);
    });
  const { repository_url, ...issue } = present.parse(data);
  // GitHub leads from an issue that was moved to where it is now.
  const home = repository_url.split('/').slice(-2).join('/');
  if (home.toLowerCase() === repository.toLowerCase() && issue.number === number)
    return { ...issue, labels: [] };
  throw new OrchError('E_UNKNOWN_ISSUE', `The issue was moved to ${home}#${issue.number}: ask there`);
}

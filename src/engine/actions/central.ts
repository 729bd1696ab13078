import { type AppGithub, githubMessage, isRefusal } from '../../github/client.ts';
import { ownerAndName } from '../../github/comments.ts';
import { OrchError } from '../../shared/errors.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';

/**
 * Finds the repository whose workflow carries out the runs of all others, once: as the App, for a token for another repository
 * does not show it. Errors: E_WORKFLOW when the App does not reach it.
 */
export function centralPlace(github: AppGithub, repository: string): () => Promise<Place> {
  let found: Promise<Place> | null = null;
  return () => {
    found ??= find(github, repository).catch(error => {
      found = null;
      throw error;
    });
    return found;
  };
}

async function find(github: AppGithub, repository: string): Promise<Place> {
  const request = await github.app();
  try {
    const at = ownerAndName(repository);
    const { data } = await request('GET /repos/{owner}/{repo}/installation', at);
    const installation = Number(data.id);
    const token = await request('POST /app/installations/{installation_id}/access_tokens', {
      installation_id: installation,
      repositories: [at.repo],
      permissions: { metadata: 'read' },
    });
    // Only what a token reaches tells the repository's number.
    const [reached] = token.data.repositories ?? [];
    if (reached === undefined) throw new Error('GitHub does not tell what its token reaches');
    return { repository: reached.full_name, repositoryId: Number(reached.id), installation };
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    const what = `GitHub does not show ${repository}, whose workflow carries out runs: ${githubMessage(cause)}`;
    const remedy = 'Install the App there too, or correct `actions.repository`; then retry the task.';
    throw new OrchError('E_WORKFLOW', what, { cause, remedy });
  }
}

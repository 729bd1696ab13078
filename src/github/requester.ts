import type { RepositorySettings } from '../config/repository.ts';
import type { Confirm } from '../forge/forge.ts';
import { OrchError } from '../shared/errors.ts';
import type { Task } from '../task/glossary.ts';
import { mayCommand } from './access.ts';
import { type Github, githubMessage, isRefusal } from './client.ts';

export interface RequesterOptions {
  github: Github;
  /** Numbers of the bots that the server's settings let in. */
  bots: readonly number[];
  /** The rule that the task was asked for under. */
  permissions(task: Task): RepositorySettings['permissions'];
}

/**
 * Asks again before an agent starts, and before anything is published: rights are taken away while tasks wait and run.
 * Errors: E_ACCESS_LOST; E_GITHUB when GitHub refuses to tell, E_GITHUB_AWAY while it can't be asked.
 */
export function confirmRequester({ github, bots, permissions }: RequesterOptions): Confirm {
  async function mayStill(task: Task): Promise<boolean> {
    const { requester: login, requesterId: id } = task;
    // GitHub gives this ending to bots alone, and to all of them.
    if (login.endsWith('[bot]')) return bots.includes(id);
    const octokit = await github.octokit(task.installation, task.repositoryId);
    return await mayCommand(octokit, task.repository, { id, login }, permissions(task));
  }

  return async task => {
    const who = `\`${task.requester}\``;
    const may = await mayStill(task).catch(error => {
      const code = isRefusal(error) ? 'E_GITHUB' : 'E_GITHUB_AWAY';
      const text = `GitHub does not say whether ${who} may still command here: ${githubMessage(error)}`;
      throw new OrchError(code, text, { cause: error });
    });
    if (!may)
      throw new OrchError('E_ACCESS_LOST', `${who}, who asked for this, may not command here any more`);
  };
}

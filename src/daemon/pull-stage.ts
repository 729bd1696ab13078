import { githubMessage, isRefusal } from '../github/client.ts';
import { defaultTitle } from '../github/publish.ts';
import type { openPulls } from '../github/pulls.ts';
import type { Confirm } from '../github/requester.ts';
import type { Stages } from '../scheduler/stages.ts';
import { OrchError } from '../shared/errors.ts';

/** What the scheduler asks of pull requests. */
export function pullStage(pulls: ReturnType<typeof openPulls>, confirm: Confirm): Stages['pulls'] {
  return {
    async find(task) {
      try {
        return (await pulls.find(task)) !== null;
      } catch (error) {
        // The repository is gone, or the right to see it.
        if (!isRefusal(error)) throw error;
        throw new OrchError('E_GITHUB', `GitHub does not show the pull requests: ${githubMessage(error)}`, {
          cause: error,
        });
      }
    },
    async openDraft(task, run) {
      await confirm(task);
      const body = `The agent \`${run.profile}-${run.slot}\` ended without opening a pull request; these are its commits.`;
      await pulls.open(task, { title: defaultTitle(task), body, draft: true });
    },
  };
}

import { type Github, githubMessage, hasStatus, isRefusal, type Octokit } from '../github/client.ts';
import { ownComments, ownerAndName, thread } from '../github/comments.ts';
import type { Elsewhere, Steering } from '../github/context.ts';
import type { Place } from '../github/payloads.ts';
import { refused } from '../github/refusals.ts';
import { OrchError } from '../shared/errors.ts';
import { parseTaskName, taskName } from '../task/glossary.ts';

/** A task of a workflow run, as its comment tells of it. The task has the run's number. */
interface Told {
  id: number;
  headline: string;
  url: string;
  state: 'open' | 'completed' | 'over';
}

/**
 * Tasks that workflow runs do, each with a store of its own: their comments tell how they stand, and GitHub's own means to
 * stop a run and to start it again are what there is to steer them by.
 */
export function inWorkflowRuns(github: Github): Elsewhere {
  async function tasksHere(place: Place, named: number | null): Promise<Told[]> {
    const { repository, installation, issue } = place;
    const octokit = await github.octokit(installation.id, repository.id);
    const self = await github.identity(installation.id, repository.id);
    const tasks: Told[] = [];
    for await (const { body, url } of ownComments(
      octokit,
      thread(repository.full_name, issue.number),
      self,
    )) {
      const [, name = '', headline = ''] = /^<!-- orch:task (T\d+) -->\n### (.*)/.exec(body) ?? [];
      const id = parseTaskName(name);
      // Also when it was not found here: which runs may be stopped is for those comments to say.
      if (id === null || (named !== null && id !== named)) continue;
      tasks.unshift({ id, headline, url, state: stateOf(headline) });
    }
    if (named !== null && tasks.length === 0)
      throw new OrchError('E_UNKNOWN_TASK', `There is no task ${taskName(named)} here`, { remedy: SEE });
    return tasks;
  }

  return {
    async status(place, task) {
      const tasks = await tasksHere(place, task);
      if (tasks.length === 0)
        return 'There is no task here yet. Start one with `/orch` and what you want done.';
      return tasks.map(({ headline, url }) => `- [${headline}](${url})`).join('\n');
    },

    async steer(place, command) {
      if (command.kind !== 'cancel' && command.kind !== 'retry') throw needsServer(command);
      const octokit = await github.octokit(place.installation.id, place.repository.id);
      const tasks = await tasksHere(place, command.task);
      const fit = command.kind === 'retry' ? 'over' : 'open';
      const task = tasks.find(({ state }) => state === fit) ?? tasks[0];
      if (!task) throw new OrchError('E_UNKNOWN_TASK', 'There is no task here yet', { remedy: START });
      if (command.kind === 'cancel') await cancelRun(octokit, place, task);
      else await runAgain(octokit, place, task);
    },
  };
}

const START = 'Start one with `/orch …`.';
const SEE = 'See the tasks of this issue with `/orch status`.';

function needsServer({ kind }: Steering): OrchError {
  return new OrchError(
    'E_USAGE',
    `\`/orch ${kind}\` needs a server of Orch, and here a workflow does the task`,
    {
      remedy: 'There are `/orch status`, `/orch cancel` and `/orch retry`, and a new command for more.',
    },
  );
}

function stateOf(headline: string): Told['state'] {
  if (headline.includes('completed')) return 'completed';
  return /failed|cancelled|needs a person/.test(headline) ? 'over' : 'open';
}

async function cancelRun(octokit: Octokit, place: Place, { id }: Told): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel';
  await octokit.request(route, { ...ownerAndName(place.repository.full_name), run_id: id }).catch(cause => {
    if (!hasStatus(cause, 409)) throw notSteered(id, cause);
    throw new OrchError('E_TASK_STATE', `The workflow run of ${taskName(id)} is over already`, {
      remedy: SEE,
    });
  });
}

async function runAgain(octokit: Octokit, place: Place, { id, state }: Told): Promise<void> {
  if (state === 'completed')
    throw new OrchError('E_TASK_STATE', `${taskName(id)} is completed, so there is nothing to retry`, {
      remedy: SEE,
    });
  const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun';
  await octokit.request(route, { ...ownerAndName(place.repository.full_name), run_id: id }).catch(cause => {
    if (!/already running/i.test(githubMessage(cause))) throw notSteered(id, cause);
    throw new OrchError('E_TASK_STATE', `The workflow run of ${taskName(id)} is not over yet`, {
      cause,
      remedy: SEE,
    });
  });
}

function notSteered(id: number, cause: unknown): unknown {
  if (!isRefusal(cause)) return cause;
  const what = `GitHub does not let Orch have the workflow run of ${taskName(id)}`;
  return refused('E_GITHUB', what, githubMessage(cause), { cause });
}

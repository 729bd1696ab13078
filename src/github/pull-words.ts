import type { RepositorySettings } from '../config/repository.ts';
import type { PullWords } from '../forge/pulls.ts';
import { OrchError } from '../shared/errors.ts';
import type { Store } from '../store/open.ts';
import type { Task } from '../task/glossary.ts';
import { type Github, githubMessage, isRefusal, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';
import { isOwnPull } from './pulls.ts';

/** Title, text and labels of the pull requests that Orch itself has opened: as they stand, and as they are to stand again. */
export function pullWords({ store, github }: { store: Store; github: Github }) {
  const clientOf = (task: Task) => github.octokit(task.installation, task.repositoryId);

  return {
    /** Null unless it is open, and Orch's own. Errors: E_GITHUB when GitHub refuses. */
    async words(task: Task): Promise<PullWords | null> {
      if (task.pull === null || task.pullState !== 'open' || !isOwnPull(store, task)) return null;
      const { data } = await refusable(async () =>
        (await clientOf(task)).request('GET /repos/{owner}/{repo}/pulls/{pull_number}', placeOf(task)),
      );
      const there = data.labels.map(({ name }) => name);
      const labels = labelsOf(task).filter(name => there.includes(name));
      return data.state === 'open' ? { title: data.title, body: data.body ?? '', labels } : null;
    },

    /** Errors: E_GITHUB when GitHub refuses. */
    async reword(task: Task, words: PullWords): Promise<void> {
      const { title, body, labels } = words;
      await refusable(async () => {
        const octokit = await clientOf(task);
        const place = placeOf(task);
        await octokit.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { ...place, title, body });
        await setLabels(octokit, task, labels);
      });
    },
  };
}

async function refusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new OrchError('E_GITHUB', `GitHub says: ${githubMessage(error)}`, { cause: error });
  }
}

/** The labels that Orch puts on pull requests; others are people's. */
function labelsOf(task: Task): readonly string[] {
  return (JSON.parse(task.settings) as Partial<RepositorySettings>).labels?.pullRequest ?? [];
}

function placeOf({ repository, pull }: Task) {
  return { ...ownerAndName(repository), pull_number: pull as number };
}

async function setLabels(octokit: Octokit, task: Task, wanted: readonly string[]): Promise<void> {
  const { pull_number: issue_number, ...repository } = placeOf(task);
  const place = { ...repository, issue_number };
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/issues/{issue_number}/labels', {
    ...place,
    per_page: 100,
  });
  const there = data.map(({ name }) => name);
  const missing = wanted.filter(name => !there.includes(name));
  if (missing.length > 0)
    await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
      ...place,
      labels: missing,
    });
  for (const name of labelsOf(task))
    if (there.includes(name) && !wanted.includes(name))
      await octokit.request('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', {
        ...place,
        name,
      });
}

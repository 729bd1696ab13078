import { type Github, githubMessage, hasStatus, isRefusal, type Octokit } from '../../github/client.ts';
import { ownerAndName } from '../../github/comments.ts';
import { OrchError } from '../../shared/errors.ts';
import type { TaskPlace as Place } from '../../store/tasks.ts';
import type { Annotation } from './result.ts';

/** A run of the workflow, as GitHub shows it. */
export interface WorkflowRun {
  id: number;
  url: string;
  /** `Orch T42.1`: the workflow's `run-name` makes it of the input `run`. */
  title: string;
  /** Who has dispatched it. */
  actor: string;
  /** ms, by GitHub's clock. */
  createdAt: number;
  isOver: boolean;
  conclusion: string | null;
}

/** The jobs of a workflow run: when the first began (ms) and where, and what they have told. */
interface Jobs {
  startedAt: number | null;
  runner: string | null;
  checkRuns: number[];
}

interface WorkflowOptions {
  github: Github;
  /** `orch.yml`. */
  file: string;
  /** The branch or tag that it is taken from; null: the default branch. */
  ref: string | null;
}

const PAGE = 100;
const MOST_CHECKS = 10;

export type Workflow = ReturnType<typeof openWorkflow>;

/** The workflow that carries out runs, by GitHub's API. What fails is GitHub's error, but for E_WORKFLOW. */
export function openWorkflow({ github, file, ref }: WorkflowOptions) {
  async function at({ repository, installation, repositoryId }: Place) {
    return {
      octokit: await github.octokit(installation, repositoryId),
      where: { ...ownerAndName(repository), workflow_id: file },
    };
  }

  return {
    /** The branch or tag that the workflow is taken from. */
    async ref(place: Place): Promise<string> {
      if (ref !== null) return ref;
      const { octokit, where } = await at(place);
      const { owner, repo } = where;
      return (await octokit.request('GET /repos/{owner}/{repo}', { owner, repo })).data.default_branch;
    },

    /** Errors: E_WORKFLOW when GitHub has decided that it starts none; after any other it may have started one. */
    async dispatch(
      place: Place,
      on: string,
      inputs: Record<string, string>,
    ): Promise<Pick<WorkflowRun, 'id' | 'url'> | null> {
      const { octokit, where } = await at(place);
      try {
        return await dispatch(octokit, { ...where, ref: on, inputs });
      } catch (cause) {
        if (!isRefusal(cause)) throw cause;
        const what = `GitHub does not start the workflow \`${file}\` in ${place.repository}: ${githubMessage(cause)}`;
        throw new OrchError('E_WORKFLOW', what, { cause });
      }
    },

    /** The newest runs that somebody has dispatched, newest first. */
    async list(place: Place): Promise<WorkflowRun[]> {
      const { octokit, where } = await at(place);
      const route = 'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs';
      const { data } = await octokit.request(route, { ...where, event: 'workflow_dispatch', per_page: PAGE });
      return data.workflow_runs.map(toWorkflowRun);
    },

    /** Null when there is none any more, though the repository is there. */
    async get(place: Place, run_id: number): Promise<WorkflowRun | null> {
      const { octokit, where } = await at(place);
      const { owner, repo } = where;
      try {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', {
          owner,
          repo,
          run_id,
        });
        return toWorkflowRun(data);
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
        // A lost right looks the same, and tells nothing of the run.
        await octokit.request('GET /repos/{owner}/{repo}', { owner, repo });
        return null;
      }
    },

    async jobs(place: Place, run_id: number): Promise<Jobs> {
      const { octokit, where } = await at(place);
      const { owner, repo } = where;
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs';
      const { data } = await octokit.request(route, { owner, repo, run_id, per_page: PAGE });
      const begun = data.jobs.filter(({ status }) => status === 'in_progress' || status === 'completed');
      const [first] = begun.sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at));
      return {
        startedAt: first ? Date.parse(first.started_at) : null,
        runner: first?.runner_name ?? null,
        checkRuns: data.jobs.map(({ check_run_url }) => Number(check_run_url.split('/').at(-1))),
      };
    },

    /** What jobs have told; nothing where GitHub does not let us see it. */
    async annotations(place: Place, { checkRuns }: Jobs): Promise<(Annotation & { level: string | null })[]> {
      const { octokit, where } = await at(place);
      const { owner, repo } = where;
      const each = checkRuns.slice(0, MOST_CHECKS).map(async check_run_id => {
        const route = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations';
        const told = octokit.request(route, { owner, repo, check_run_id, per_page: PAGE });
        const { data } = await told.catch(error => {
          if (!isRefusal(error)) throw error;
          return { data: [] };
        });
        return data.map(({ title, message, annotation_level: level }) => ({ title, message, level }));
      });
      return (await Promise.all(each)).flat();
    },

    /** Asks its runner to end, or, by force, has GitHub end it whatever the runner does. What is over already stays so. */
    async cancel(place: Place, run_id: number, byForce: boolean): Promise<void> {
      const { octokit, where } = await at(place);
      const route = byForce
        ? 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel'
        : 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel';
      const { owner, repo } = where;
      await octokit.request(route, { owner, repo, run_id }).catch(error => {
        if (!hasStatus(error, 404, 409)) throw error;
      });
    },

    /** Where a branch stands on GitHub; null when it is not there. */
    async tip(place: Place, branch: string): Promise<string | null> {
      const { octokit, where } = await at(place);
      const { owner, repo } = where;
      const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
      try {
        return (await octokit.request(route, { owner, repo, ref: `heads/${branch}` })).data.object.sha;
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
        return null;
      }
    },

    /** Who dispatches for Orch. */
    self: async ({ installation, repositoryId }: Place) =>
      (await github.identity(installation, repositoryId)).login,
  };
}

interface Dispatch {
  owner: string;
  repo: string;
  workflow_id: string;
  ref: string;
  inputs: Record<string, string>;
}

/** The run that was started; null where GitHub does not tell, as older ones do not. */
async function dispatch(octokit: Octokit, whole: Dispatch): Promise<Pick<WorkflowRun, 'id' | 'url'> | null> {
  const route = 'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches';
  // A dispatch that is sent again starts a second run.
  const request = { retries: 0 };
  const { data } = await octokit
    .request(route, { ...whole, return_run_details: true, request })
    .catch(error => {
      if (!hasStatus(error, 422) || !/return_run_details/.test(githubMessage(error))) throw error;
      return octokit.request(route, { ...whole, request });
    });
  const told = data as { workflow_run_id?: unknown; html_url?: unknown } | undefined;
  return typeof told?.workflow_run_id === 'number'
    ? { id: told.workflow_run_id, url: String(told.html_url) }
    : null;
}

/** Of the API or a webhook. */
export function toWorkflowRun(run: {
  id: number | bigint;
  html_url: string;
  display_title: string;
  actor?: { login: string } | null | undefined;
  created_at: string;
  status: string | null;
  conclusion: string | null;
}): WorkflowRun {
  return {
    id: Number(run.id),
    url: run.html_url,
    title: run.display_title,
    actor: run.actor?.login ?? '',
    createdAt: Date.parse(run.created_at),
    isOver: run.status === 'completed',
    conclusion: run.conclusion,
  };
}

import type { Simulator } from '../simulator/simulator.ts';
import { REPOSITORY, WRITER } from './seed.ts';

/** What the demo came to. Apart from what Orch itself tells of a task, all is read from the simulated GitHub. */
export interface Outcome {
  ok: boolean;
  seconds: number;
  issue: number;
  task: { id: string; status: string; run: string | null } | null;
  pull_request: {
    number: number;
    url: string;
    head: string;
    base: string;
    body: string;
    files: string[];
  } | null;
  check_runs: { name: string; status: string; conclusion: string | null; head_sha: string }[];
  comments: { user: string; body: string }[];
  states: string[];
  workflow_runs: { event: string; conclusion: string | null; runner: string | null }[];
  /** Where there are several. */
  tasks?: TaskOutcome[];
}

interface TaskOutcome {
  id: string;
  status: string;
  run: string | null;
  pull_request: { number: number; url: string } | null;
}

/** A task as Orch tells of it. */
export interface Told {
  id: string;
  status: string;
  run: string | null;
  pull: number | null;
  states: string[];
}

interface PullJson {
  number: number;
  html_url: string;
  head: { ref: string; sha: string };
  base: { ref: string };
  body: string | null;
}

export async function readOutcome(
  github: Simulator,
  issue: number,
  told: Told | null,
  seconds: number,
): Promise<Outcome> {
  const read = reader(github);
  const pulls = await read<PullJson[]>('/pulls?state=all');
  const pull = pulls.find(each => each.number === told?.pull);
  const files = pull ? await read<{ filename: string }[]>(`/pulls/${pull.number}/files`) : [];
  const checks = pull
    ? (await read<{ check_runs: Outcome['check_runs'] }>(`/commits/${pull.head.sha}/check-runs`)).check_runs
    : [];
  const comments = await read<{ user: { login: string }; body: string }[]>(`/issues/${issue}/comments`);
  const outcome = {
    seconds,
    issue,
    task: told && { id: told.id, status: told.status, run: told.run },
    pull_request: pull
      ? {
          number: pull.number,
          url: pull.html_url,
          head: pull.head.ref,
          base: pull.base.ref,
          body: pull.body ?? '',
          files: files.map(file => file.filename),
        }
      : null,
    check_runs: checks.map(({ name, status, conclusion, head_sha }) => ({
      name,
      status,
      conclusion,
      head_sha,
    })),
    comments: comments.map(({ user, body }) => ({ user: user.login, body })),
    states: told?.states ?? [],
    workflow_runs: await readWorkflowRuns(read),
  };
  return { ok: isWhole(outcome), ...outcome };
}

/** Each task with its pull request, as GitHub has it. */
export async function tasksOf(github: Simulator, all: readonly (Told | null)[]): Promise<TaskOutcome[]> {
  const pulls = await reader(github)<PullJson[]>('/pulls?state=all');
  return all
    .filter(told => told !== null)
    .map(({ id, status, run, pull }) => {
      const found = pulls.find(({ number }) => number === pull);
      return { id, status, run, pull_request: found ? { number: found.number, url: found.html_url } : null };
    });
}

interface RunsJson {
  workflow_runs: { id: number; event: string; conclusion: string | null }[];
}

async function readWorkflowRuns(read: Reader): Promise<Outcome['workflow_runs']> {
  const { workflow_runs: runs } = await read<RunsJson>('/actions/runs');
  return await Promise.all(
    runs.toReversed().map(async ({ id, event, conclusion }) => {
      const { jobs } = await read<{ jobs: { runner_name: string | null }[] }>(`/actions/runs/${id}/jobs`);
      return { event, conclusion, runner: jobs.find(job => job.runner_name)?.runner_name ?? null };
    }),
  );
}

/** Comment, pull request with changes, a check run that is not red and workflow runs, and a sticky comment that tells of it. */
function isWhole(outcome: Omit<Outcome, 'ok'>): boolean {
  const { task, pull_request: pull, check_runs, comments, issue, workflow_runs } = outcome;
  return (
    task?.status === 'completed' &&
    pull !== null &&
    pull.files.length > 0 &&
    pull.body.includes(`Closes #${issue}`) &&
    workflow_runs.every(({ conclusion }) => conclusion === 'success') &&
    check_runs.some(({ conclusion }) => conclusion === 'success' || conclusion === 'neutral') &&
    comments.some(({ body }) => body.includes(`${task.id} is completed`) && body.includes(`#${pull.number}`))
  );
}

type Reader = <T>(path: string) => Promise<T>;

function reader(github: Simulator): Reader {
  const token = github.userToken(WRITER);
  return async <T>(path: string): Promise<T> => {
    const url = `${github.url}/api/v3/repos/${REPOSITORY}${path}${path.includes('?') ? '&' : '?'}per_page=100`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return (await response.json()) as T;
  };
}

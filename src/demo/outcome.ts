import type { Simulator } from '../simulator/simulator.ts';
import { REPOSITORY, WRITER } from './seed.ts';
import { readStory } from './story.ts';

/** What the demo came to. Apart from task and states, which are the daemon's, all is read from the simulated GitHub. */
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
  home: string,
  issue: number,
  seconds: number,
): Promise<Outcome> {
  const read = reader(github);
  const story = await readStory(home);
  const pulls = await read<PullJson[]>('/pulls?state=all');
  const pull = pulls.find(each => each.head.ref === story?.branch);
  const files = pull ? await read<{ filename: string }[]>(`/pulls/${pull.number}/files`) : [];
  const checks = pull
    ? (await read<{ check_runs: Outcome['check_runs'] }>(`/commits/${pull.head.sha}/check-runs`)).check_runs
    : [];
  const comments = await read<{ user: { login: string }; body: string }[]>(`/issues/${issue}/comments`);
  const outcome = {
    seconds,
    issue,
    task: story && { id: story.id, status: story.status, run: story.run },
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
    states:
      story?.events.flatMap(event =>
        event.type === 'task:queued' ? ['queued'] : event.type === 'task:state' ? [event.data.to] : [],
      ) ?? [],
  };
  return { ok: isWhole(outcome), ...outcome };
}

/** Comment, pull request with changes, green check run, and a sticky comment that tells of it. */
function isWhole({ task, pull_request: pull, check_runs, comments, issue }: Omit<Outcome, 'ok'>): boolean {
  return (
    task?.status === 'completed' &&
    pull !== null &&
    pull.files.length > 0 &&
    pull.body.includes(`Closes #${issue}`) &&
    check_runs.some(check => check.conclusion === 'success') &&
    comments.some(({ body }) => body.includes(`${task.id} is completed`) && body.includes(`#${pull.number}`))
  );
}

function reader(github: Simulator) {
  const token = github.userToken(WRITER);
  return async <T>(path: string): Promise<T> => {
    const url = `${github.url}/api/v3/repos/${REPOSITORY}${path}${path.includes('?') ? '&' : '?'}per_page=100`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return (await response.json()) as T;
  };
}

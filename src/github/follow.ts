import { recordPull } from '../forge/pulls.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { type Github, githubMessage, hasStatus } from './client.ts';
import { thread } from './comments.ts';
import type { openPulls } from './pulls.ts';

export interface FollowOptions {
  store: Store;
  github: Github;
  pulls: ReturnType<typeof openPulls>;
  clock: Clock;
  log: Log;
  intervalSeconds: number;
  /** The task's pull request is not open any more. */
  ended(task: number): void;
  /** It is open still. */
  open(task: Task): void;
}

/** Open pull requests can be many and stay for weeks: they are looked at every so many rounds, for GitHub's limits. */
const ROUNDS_BETWEEN_PULLS = 3;

/**
 * Webhooks get lost: looks by itself whether running tasks have a pull request by now, and whether open pull requests
 * were closed or merged. Tasks wait for each other only within an installation, whose limits they share.
 */
export function startFollowing(options: FollowOptions) {
  const { store, clock, log } = options;
  let round = 0;
  const looks = keyedRounds({
    clock,
    work: async (id: number) => {
      await lookAt(store.tasks.get(id) as Task);
      return null;
    },
    failed: (id, error) =>
      log.warn({ task: taskName(id), why: githubMessage(error) }, 'could not look at the pull request'),
    longestMs: options.intervalSeconds * 1000,
    atOnce: 1,
    groupOf: id => String(store.tasks.get(id)?.installation),
  });
  const rounds = keyedRounds({
    clock,
    work: lookAtAll,
    failed: (_: 'all', err) => log.error({ err }, 'the tasks to look at could not be read'),
  });
  const first = clock.after(options.intervalSeconds * 1000, () => rounds.wake('all'));

  async function lookAtAll(): Promise<number> {
    const pulls = round % ROUNDS_BETWEEN_PULLS === 0 ? store.tasks.withOpenPull() : [];
    const running = store.tasks.list(1000, ['running']).filter(task => task.pull === null);
    for (const { id } of [...running, ...pulls]) if (!looks.isFailing(id)) looks.wake(id);
    round += 1;
    return clock.now() + options.intervalSeconds * 1000;
  }

  async function lookAt(task: Task): Promise<void> {
    if (task.pull === null) return void (await options.pulls.find(task));
    const octokit = await options.github.octokit(task.installation, task.repositoryId);
    const { owner, repo } = thread(task.repository, task.issue);
    const seen = await octokit
      .request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: task.pull })
      .then(({ data }) => ({
        number: data.number,
        url: data.html_url,
        state: data.merged
          ? ('merged' as const)
          : data.state === 'closed'
            ? ('closed' as const)
            : ('open' as const),
        draft: data.draft === true,
      }))
      .catch(error => {
        // The repository is gone, and the pull request with it.
        if (!hasStatus(error, 404, 410)) throw error;
        return {
          number: task.pull as number,
          url: task.pullUrl ?? '',
          state: 'closed' as const,
          draft: false,
        };
      });
    recordPull(store, task, seen, clock.now());
    if (seen.state === 'open') options.open(task);
    else options.ended(task.id);
  }

  return {
    async stop(): Promise<void> {
      first[Symbol.dispose]();
      await Promise.all([rounds.stop(), looks.stop()]);
    },
  };
}

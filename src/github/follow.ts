import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { type Github, githubMessage, hasStatus } from './client.ts';
import { thread } from './comments.ts';
import { type openPulls, recordPull } from './pulls.ts';

export interface FollowOptions {
  store: Store;
  github: Github;
  pulls: ReturnType<typeof openPulls>;
  clock: Clock;
  log: Log;
  intervalSeconds: number;
}

/** Open pull requests can be many and stay for weeks: they are looked at every so many rounds, for GitHub's limits. */
const ROUNDS_BETWEEN_PULLS = 15;

/**
 * Webhooks get lost: looks by itself whether running tasks have a pull request by now, and whether open pull requests
 * were closed or merged.
 */
export function startFollowing(options: FollowOptions) {
  const { store, clock, log } = options;
  let stopped = false;
  let round = 0;
  const rounds = keyedRounds({
    clock,
    work: lookAtAll,
    failed: (_: 'all', err) => log.error({ err }, 'the tasks to look at could not be read'),
  });
  const first = clock.after(options.intervalSeconds * 1000, () => rounds.wake('all'));

  async function lookAtAll(): Promise<number> {
    const pulls = round % ROUNDS_BETWEEN_PULLS === 0 ? store.tasks.withOpenPull() : [];
    const running = store.tasks.list(1000, 'running').filter(task => task.pull === null);
    for (const task of [...running, ...pulls]) {
      if (stopped) break;
      await lookAt(task).catch(error => {
        log.warn(
          { task: taskName(task.id), why: githubMessage(error) },
          'could not look at the pull request',
        );
      });
    }
    round += 1;
    return clock.now() + options.intervalSeconds * 1000;
  }

  async function lookAt(task: Task): Promise<void> {
    if (task.pull === null) return void (await options.pulls.find(task));
    const octokit = await options.github.octokit(task.installation, task.repositoryId);
    const { owner, repo } = thread(task.repository, task.issue);
    try {
      const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
        owner,
        repo,
        pull_number: task.pull,
      });
      const state = data.merged ? 'merged' : data.state === 'closed' ? 'closed' : 'open';
      recordPull(
        store,
        task,
        { number: data.number, url: data.html_url, state, draft: data.draft === true },
        clock.now(),
      );
    } catch (error) {
      // The repository is gone, and the pull request with it.
      if (!hasStatus(error, 404, 410)) throw error;
      recordPull(
        store,
        task,
        { number: task.pull, url: task.pullUrl ?? '', state: 'closed', draft: false },
        clock.now(),
      );
    }
  }

  return {
    async stop(): Promise<void> {
      stopped = true;
      first[Symbol.dispose]();
      await rounds.stop();
    },
  };
}

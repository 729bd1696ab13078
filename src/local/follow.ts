import { recordPull } from '../forge/pulls.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { commitOf, type LocalRepository, tryPersonGit } from './repository.ts';

export interface LocalFollowOptions {
  store: Store;
  clock: Clock;
  log: Log;
  repository: LocalRepository;
  intervalSeconds: number;
  /** A branch that pull requests go to has moved. */
  baseMoved(repositoryId: number, branch: string): void;
}

/** People merge, delete and commit by hand: looks by itself how the open pull requests stand, and the branches that they go to. */
export function followLocal(options: LocalFollowOptions) {
  const { store, clock, log, repository, intervalSeconds } = options;
  const tips = new Map<string, string | null>();
  const looks = keyedRounds({
    clock,
    work: async (_: 'all') => {
      for (const id of store.tasks.withOpenPull().map(task => task.id))
        await look(store.tasks.get(id) as Task);
      await lookAtBases();
      return clock.now() + intervalSeconds * 1000;
    },
    failed: (_, err) => log.warn({ err }, 'could not look at the pull requests'),
    longestMs: intervalSeconds * 1000,
  });
  looks.wake('all');

  async function look(task: Task): Promise<void> {
    const state = await stateOf(repository, task);
    if (state === 'open') return;
    log.info({ task: taskName(task.id), state }, 'the pull request was settled by hand');
    recordPull(store, task, { number: task.id, url: null, draft: false, state }, clock.now());
  }

  async function lookAtBases(): Promise<void> {
    const bases = new Map(
      store.tasks.withOpenPull().map(({ target, repositoryId }) => [target as string, repositoryId]),
    );
    for (const [branch, repositoryId] of bases) {
      const [before, now] = [tips.get(branch), await commitOf(repository, branch)];
      tips.set(branch, now);
      if (before !== undefined && before !== now) options.baseMoved(repositoryId, branch);
    }
  }

  return { stop: looks.stop };
}

async function stateOf(
  { top }: LocalRepository,
  { branch, target, head }: Task,
): Promise<'open' | 'merged' | 'closed'> {
  const git = async (...args: string[]) => (await tryPersonGit(top, args)).exitCode === 0;
  if (await git('merge-base', '--is-ancestor', `${head}`, `refs/heads/${target}`)) return 'merged';
  return (await git('show-ref', '--verify', '--quiet', `refs/heads/${branch}`)) ? 'open' : 'closed';
}

import { keyedRounds } from '../shared/rounds.ts';
import type { TaskPlace } from '../store/tasks.ts';
import { type AppGithub, type Github, githubMessage, hasStatus, isRefusal } from './client.ts';
import { ownerAndName } from './comments.ts';
import { repositoryChanged } from './payloads.ts';
import { type Ground, leave, OUT_OF_REACH, relocate, SUSPENDED } from './places.ts';

export interface ReachOptions extends Ground {
  github: AppGithub;
  intervalSeconds: number;
}

/**
 * Asks GitHub whether the repositories of open tasks are still reached, and under which name: what tells of it may have
 * been lost, or have come while Orch was down. Repositories wait for each other only within an installation.
 */
export function startReach(options: ReachOptions) {
  const { store, clock, log } = options;
  const looks = keyedRounds<string>({
    clock,
    work: async key => {
      const place = JSON.parse(key) as TaskPlace;
      if (store.tasks.openInRepository(place.repositoryId).length > 0) await look(options, place);
      return null;
    },
    failed: (key, error) =>
      log.warn({ place: key, why: githubMessage(error) }, 'could not look at the repository'),
    longestMs: options.intervalSeconds * 1000,
    atOnce: 1,
    groupOf: key => String((JSON.parse(key) as TaskPlace).installation),
  });
  const sweeps = keyedRounds({
    clock,
    work: async (_: 'all') => {
      for (const place of store.tasks.openPlaces()) {
        const key = JSON.stringify(place);
        if (!looks.isFailing(key)) looks.wake(key);
      }
      return clock.now() + options.intervalSeconds * 1000;
    },
    failed: (_, err) => log.error({ err }, 'the repositories to look at could not be read'),
  });
  sweeps.wake('all');
  return {
    async stop(): Promise<void> {
      await Promise.all([sweeps.stop(), looks.stop()]);
    },
  };
}

/**
 * Each delivery tells where its repository is reached, as the one that tells of a change may have been lost. It may be an
 * old one too: GitHub is asked before it is believed.
 */
export function openNotice(options: Pick<ReachOptions, 'store' | 'log'> & { github: Github }) {
  return async (raw: unknown): Promise<void> => {
    const told = repositoryChanged.safeParse(raw);
    if (!told.success) return;
    const { repository, installation } = told.data;
    const place = {
      repositoryId: repository.id,
      repository: repository.full_name,
      installation: installation.id,
    };
    if (!options.store.tasks.areElsewhere(place)) return;
    const name = await nameNow(options, place);
    if (name !== null) relocate(options, { ...place, repository: name });
  };
}

async function look(options: ReachOptions, place: TaskPlace): Promise<void> {
  const name = await nameNow(options, place);
  if (name === null) await lookAgain(options, place);
  else relocate(options, { ...place, repository: name });
}

/** What the repository's number is called; null when this installation does not reach it any more. */
async function nameNow(
  { github }: { github: Github },
  { installation, repositoryId }: TaskPlace,
): Promise<string | null> {
  try {
    const client = await github.octokit(installation, repositoryId);
    // The token reaches this one only: it is the list of what its number is called now.
    const { data } = await client.request('GET /installation/repositories');
    const [found] = data.repositories;
    return found?.id === repositoryId ? found.full_name : null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/** By another installation, perhaps: after a transfer, or when the App was installed anew. */
async function lookAgain(options: ReachOptions, place: TaskPlace): Promise<void> {
  const { store } = options;
  const app = await options.github.app();
  const at = ownerAndName(place.repository);
  try {
    const { data } = await app('GET /repos/{owner}/{repo}/installation', at);
    if (data.suspended_at) leave(options, store.tasks.openInRepository(place.repositoryId), SUSPENDED);
    else if (data.id !== place.installation) relocate(options, { ...place, installation: data.id });
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    leave(options, store.tasks.openInRepository(place.repositoryId), OUT_OF_REACH);
  }
}

import type { Clock } from '../shared/clock.ts';
import { describeError, type OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Github, githubMessage, isRefusal } from './client.ts';
import {
  createAnswer,
  createComment,
  findAnswer,
  findComment,
  marker,
  react,
  thread,
  type Words,
} from './comments.ts';
import { createOnce } from './once.ts';
import type { Place } from './payloads.ts';

export interface RepliesOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
}

/** As much of a place as an answer needs. */
interface Corner {
  repository: Pick<Place['repository'], 'id' | 'full_name'>;
  installation: Place['installation'];
  issue: Pick<Place['issue'], 'number'>;
  answersBelow?: number | null;
}

/** Answers that belong to no task: mistakes, refusals, status, help. */
export function openReplies(options: RepliesOptions) {
  const { store, github, clock, log } = options;

  /** Comments once for this key, whatever crashes or redeliveries there are. Locked and gone issues are a log line. */
  async function reply(place: Corner, key: string, text: string): Promise<void> {
    const octokit = await github.octokit(place.installation.id, place.repository.id);
    const at = thread(place.repository.full_name, place.issue.number);
    const mark = marker(`reply ${key}`);
    const below = place.answersBelow ?? null;
    const once = {
      task: 0,
      kind: 'reply',
      key: `${place.repository.id}:${key}`,
      now: clock.now(),
      lookUp: async () => {
        const self = await github.identity(place.installation.id, place.repository.id);
        return below === null
          ? await findComment(octokit, at, mark, self)
          : await findAnswer(octokit, at, mark, self.login);
      },
      create: () =>
        below === null
          ? createComment(octokit, at, `${mark}\n${text}`)
          : createAnswer(octokit, at, below, `${mark}\n${text}`),
    } as const;
    await createOnce(store, once).catch(error => tolerate(error, 'reply'));
  }

  /** Says no, and what to do. */
  async function refuse(place: Place, key: string, error: OrchError): Promise<void> {
    await reply(place, key, describeError(error));
  }

  /** A reaction to what was said. */
  async function reactTo(place: Place, words: Words, content: 'confused' | 'eyes'): Promise<void> {
    const octokit = await github.octokit(place.installation.id, place.repository.id);
    const at = thread(place.repository.full_name, place.issue.number);
    await react(octokit, at, words, content).catch(error => tolerate(error, 'reaction'));
  }

  function tolerate(error: unknown, what: string): void {
    if (!isRefusal(error)) throw error;
    log.warn({ what, why: githubMessage(error) }, 'GitHub refused an answer');
  }

  return { reply, refuse, react: reactTo };
}

export type Replies = ReturnType<typeof openReplies>;

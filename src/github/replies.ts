import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Github, githubMessage, isRefusal } from './client.ts';
import { createComment, findComment, marker, ownerAndName, thread } from './comments.ts';
import { createOnce } from './once.ts';
import type { Place } from './payloads.ts';

export interface RepliesOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
}

/** Answers that belong to no task: mistakes, refusals, status, help. */
export function openReplies(options: RepliesOptions) {
  const { store, github, clock, log } = options;

  /** Comments once for this key, whatever crashes or redeliveries there are. Locked and gone issues are a log line. */
  async function reply(place: Place, key: string, text: string): Promise<void> {
    const octokit = await github.octokit(place.installation.id, place.repository.id);
    const at = thread(place.repository.full_name, place.issue.number);
    const mark = marker(`reply ${key}`);
    const once = {
      task: 0,
      kind: 'reply',
      key: `${place.repository.id}:${key}`,
      now: clock.now(),
      lookUp: async () =>
        findComment(
          octokit,
          at,
          mark,
          (await github.identity(place.installation.id, place.repository.id)).appId,
        ),
      create: () => createComment(octokit, at, `${mark}\n${text}`),
    } as const;
    await createOnce(store, once).catch(error => tolerate(error, 'reply'));
  }

  /** A reaction on a comment; GitHub keeps one of a kind, so repeating it is free. */
  async function react(place: Place, comment: number, content: 'confused' | 'eyes'): Promise<void> {
    const octokit = await github.octokit(place.installation.id, place.repository.id);
    const { owner, repo } = ownerAndName(place.repository.full_name);
    await octokit
      .request('POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', {
        owner,
        repo,
        comment_id: comment,
        content,
      })
      .catch(error => tolerate(error, 'reaction'));
  }

  function tolerate(error: unknown, what: string): void {
    if (!isRefusal(error)) throw error;
    log.warn({ what, why: githubMessage(error) }, 'GitHub refused an answer');
  }

  return { reply, react };
}

export type Replies = ReturnType<typeof openReplies>;

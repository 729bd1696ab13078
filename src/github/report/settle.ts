import { type Task, taskName } from '../../task/glossary.ts';
import { isRefusal, type Octokit } from '../client.ts';
import { createAnswer, findAnswer, marker, ownerAndName, thread } from '../comments.ts';
import { createOnce } from '../once.ts';
import type { ReporterOptions } from './reporter.ts';
import { requestReview, tolerate } from './wish.ts';

/** A deleted comment, a locked conversation, somebody who is gone. */
const REFUSED = 'GitHub refused to settle a review';

/** What is to be settled of a review when the agent has seen to it. */
export interface SettleReview {
  /** Who has reviewed. */
  by: string;
  /** The first comment of each thread, and its file. */
  threads: readonly { comment: number; path: string }[];
}

/** The newest commits are looked into for which file each has changed: one call a commit. */
const MOST_COMMITS = 30;

/**
 * When the task that a review has queued is completed, each thread is answered with the commit that changed its file, and whoever
 * reviewed is asked to look again. Each once, whatever crashes in between; what GitHub refuses is a line in the log.
 */
export async function settleReview(options: ReporterOptions, octokit: Octokit, task: Task): Promise<null> {
  const { store, clock } = options;
  const followUp = store.followUps.get(task.id);
  if (followUp?.kind !== 'review' || task.state !== 'completed' || task.pull === null) return null;
  const { by, threads } = JSON.parse(followUp.matter) as SettleReview;
  const isAnswered = ({ comment }: (typeof threads)[number]) =>
    store.creations.get(task.id, 'reply', `thread:${comment}`)?.remoteId != null;
  const open = threads.filter(each => !isAnswered(each));
  const changes = open.length === 0 ? [] : await changesOf(octokit, task);
  for (const { comment, path } of open)
    await tolerate(options, task, REFUSED, () =>
      answer(options, octokit, task, comment, answerText(task, path, changes)),
    );
  const again = { task: task.id, kind: 'decoration', key: `review:${task.pull}`, now: clock.now() } as const;
  await createOnce(store, {
    ...again,
    // To ask again does no harm.
    lookUp: async () => null,
    async create() {
      await tolerate(options, task, REFUSED, () => requestReview(octokit, task, by));
      return task.pull as number;
    },
  });
  return null;
}

interface Change {
  sha: string;
  files: readonly string[];
}

/** What came onto the branch since the review, the newest commit first; null where GitHub can't compare, as after a forced push. */
async function changesOf(octokit: Octokit, { repository, headSha, head }: Task): Promise<Change[] | null> {
  if (headSha === null || head === null || headSha === head) return [];
  const at = ownerAndName(repository);
  const commits = await commitsBetween(octokit, repository, headSha, head);
  if (commits === null) return null;
  const changes: Change[] = [];
  for (const { sha } of commits.slice(-MOST_COMMITS).reverse()) {
    const commit = await octokit.request('GET /repos/{owner}/{repo}/commits/{ref}', { ...at, ref: sha });
    const files = commit.data.files ?? [];
    changes.push({
      sha,
      files: files.flatMap(({ filename, previous_filename }) => [filename, previous_filename ?? filename]),
    });
  }
  return changes;
}

async function commitsBetween(octokit: Octokit, repository: string, from: string, to: string) {
  const at = { ...ownerAndName(repository), basehead: `${from}...${to}` };
  try {
    return (await octokit.request('GET /repos/{owner}/{repo}/compare/{basehead}', at)).data.commits;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/** GitHub makes a link of a commit's name. */
function answerText(task: Task, path: string, changes: readonly Change[] | null): string {
  const name = taskName(task.id);
  if (changes === null) return `What ${name} has changed is in ${task.head}.`;
  const [newest] = changes;
  const own = changes.find(({ files }) => files.includes(path));
  if (own) return `Settled in ${own.sha} (${name}).`;
  if (newest) return `This file is as before; what ${name} changed elsewhere is in ${newest.sha}.`;
  return `${name} has changed nothing for this. What its agent says of it is in the task's comment.`;
}

async function answer(
  { store, github, clock }: ReporterOptions,
  octokit: Octokit,
  task: Task,
  comment: number,
  text: string,
): Promise<void> {
  const at = thread(task.repository, task.pull as number);
  const mark = marker(`settled ${taskName(task.id)} ${comment}`);
  await createOnce(store, {
    ...{ task: task.id, kind: 'reply', key: `thread:${comment}`, now: clock.now() },
    async lookUp() {
      const self = await github.identity(task.installation, task.repositoryId);
      return await findAnswer(octokit, at, mark, self.login);
    },
    create: () => createAnswer(octokit, at, comment, `${mark}\n${text}`),
  });
}

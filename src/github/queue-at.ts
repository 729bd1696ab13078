import { randomUUID } from 'node:crypto';
import type { Remark } from '../agent/prompt.ts';
import { checkWish } from '../choice/wish.ts';
import type { RepositorySettings } from '../config/repository.ts';
import { wantedOf } from '../config/wanted.ts';
import { type Queued, queueWishes, type Wish } from '../forge/wish.ts';
import { enqueue } from '../queue/enqueue.ts';
import { OrchError } from '../shared/errors.ts';
import type { Request } from '../task/glossary.ts';
import type { Origin } from './ask.ts';
import { ownerAndName } from './comments.ts';
import type { AppContext } from './context.ts';
import { freezeConversation } from './conversation.ts';
import { continuing, pullOrigin } from './follow-up/wake.ts';
import type { Door, Place } from './payloads.ts';
import { isPlannedFirst } from './plans.ts';

/**
 * Queues what its sender, who may command there, wants at an issue, a pull request, or neither: all or none. Errors: E_FORK,
 * E_NO_AGENT, E_UNKNOWN_AGENT, E_CAPABILITY, E_UNKNOWN_TASK, E_QUEUE_FULL.
 */
export async function queueAt(
  context: AppContext,
  door: Door,
  wishes: readonly Wish[],
  repository: RepositorySettings,
  from: Omit<Origin, 'key'>,
): Promise<Queued[]> {
  const { store, settings, clock } = context;
  for (const { options } of wishes) checkWish(settings.profiles, repository.agents, options);
  const planned = await plannedFirst(context, door, wishes, repository);
  const pull = await readPull(context, door);
  const remarks = await conversationAt(context, door, repository, from);
  const place = {
    repository: door.repository.full_name,
    repositoryId: door.repository.id,
    installation: door.installation.id,
    issue: door.issue?.number ?? 0,
    onPullRequest: pull !== null,
    headSha: pull?.sha ?? null,
    // A review's own text has no number among comments.
    comment: from.words && from.words.kind !== 'review' ? from.words.id : null,
    requester: door.sender.login,
    requesterId: door.sender.id,
    issueTitle: door.issue?.title ?? '',
    issueBody: door.issue?.body ?? '',
    conversation: JSON.stringify(remarks),
    settings: JSON.stringify(repository),
    correlation: from.delivery,
  };
  return queueWishes(store, planned, ({ instruction, options, contextFiles, source }, after) => {
    const origin =
      pull === null || options.base !== undefined
        ? null
        : door.issue
          ? pullOrigin(store, door.repository.id, door.issue.number)
          : null;
    const request: Request = {
      ...place,
      source: source ?? `api:${randomUUID()}`,
      instruction,
      contextFiles,
      ...wantedOf(options, repository, settings),
      base: origin?.base ?? options.base ?? pull?.ref ?? repository.base ?? door.repository.default_branch,
    };
    const queued = enqueue(store, request, clock.now(), settings.taskQueue.maxSize, after);
    if (queued.kind === 'queued' && origin !== null && pull !== null)
      store.tasks.update(queued.task.id, queued.task.epoch, continuing(origin, pull.sha));
    return queued;
  });
}

/** Those that are planned first say so. Errors: E_PLAN where runs are a job's, which ends before people have said anything. */
async function plannedFirst(
  context: AppContext,
  door: Door,
  wishes: readonly Wish[],
  repository: RepositorySettings,
): Promise<readonly Wish[]> {
  const isWanted = await isPlannedFirst(context, door, repository);
  if (!isWanted && !wishes.some(({ options }) => options.plan)) return wishes;
  if (context.elsewhere !== null || context.actions !== undefined)
    throw new OrchError('E_PLAN', 'Plans are made where Orch runs agents itself, and not in GitHub Actions', {
      remedy: 'Ask without a plan, or have the repository served by an Orch with `engine: local`.',
    });
  return isWanted ? wishes.map(wish => ({ ...wish, options: { ...wish.options, plan: true } })) : wishes;
}

/** Commands of one comment are asked in one place, and at one moment. */
const conversations = new WeakMap<Door, Promise<Remark[]>>();

function conversationAt(
  context: AppContext,
  door: Door,
  repository: RepositorySettings,
  { at, words }: Omit<Origin, 'key'>,
): Promise<Remark[]> {
  if (at === undefined || !door.issue) return Promise.resolve([]);
  const place: Place = { ...door, issue: door.issue };
  const read = async () => {
    const octokit = await context.github.octokit(door.installation.id, door.repository.id);
    return await freezeConversation(context, octokit, place, repository, { at, words });
  };
  const conversation = conversations.get(door) ?? read();
  conversations.set(door, conversation);
  return conversation;
}

/** The pull request's head as it is now, when it was asked on one. Forks are refused. */
async function readPull(
  context: AppContext,
  { installation, repository, issue }: Door,
): Promise<{ ref: string; sha: string } | null> {
  if (!issue?.pull_request) return null;
  const octokit = await context.github.octokit(installation.id, repository.id);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...ownerAndName(repository.full_name),
    pull_number: issue.number,
  });
  if (data.head.repo?.id !== repository.id) {
    throw new OrchError('E_FORK', `#${issue.number} comes from a fork, and Orch runs no code from forks`);
  }
  return { ref: data.head.ref, sha: data.head.sha };
}

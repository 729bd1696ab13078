import type { Remark } from '../agent/prompt.ts';
import { checkWish } from '../choice/wish.ts';
import type { Command } from '../command/command.ts';
import type { RunOptions } from '../command/options.ts';
import type { RepositorySettings } from '../config/repository.ts';
import { wantedOf } from '../config/wanted.ts';
import { enqueue } from '../queue/enqueue.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { plainCell } from '../shared/markdown.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { ownerAndName } from './comments.ts';
import type { AppContext } from './context.ts';
import { freezeConversation } from './conversation.ts';
import { helpText } from './help.ts';
import type { Place } from './payloads.ts';
import { isOwnPull } from './pulls.ts';
import { tellable } from './report/comment.ts';
import { steer, tasksHere } from './steer.ts';

/** Where a command comes from: its key is unique to it, and the same when its delivery comes again. */
export interface Origin {
  key: string;
  comment: number | null;
  /** When it was asked, by GitHub's clock. */
  at: string | undefined;
  delivery: string;
}

/** Does what someone who may ask has asked for; what can't be done is answered. */
export async function obey(
  context: AppContext,
  place: Place,
  command: Command,
  repository: RepositorySettings,
  from: Origin,
) {
  const { replies, store } = context;
  try {
    switch (command.kind) {
      case 'help':
        return await replies.reply(place, from.key, helpText());
      case 'status':
        return await replies.reply(place, from.key, statusText(tasksHere(store, place, command.task)));
      case 'say':
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry':
      case 'rollback':
        steer(context, place, command, from.key);
        return await acknowledge(context, place, from);
      case 'run':
        return await startTask(context, place, command.instruction, command.options, repository, from);
      default:
        return command satisfies never;
    }
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    await replies.reply(place, from.key, describeError(error));
  }
}

/** Queues what was asked for. Errors: E_FORK, E_NO_AGENT, E_UNKNOWN_AGENT, E_CAPABILITY, E_UNKNOWN_TASK, E_QUEUE_FULL. */
export async function startTask(
  context: AppContext,
  place: Place,
  instruction: string,
  wanted: RunOptions,
  repository: RepositorySettings,
  from: Origin,
): Promise<void> {
  const { store, settings, replies, clock } = context;
  checkWish(settings.profiles, repository.agents, wanted);
  const pull = await readPull(context, place);
  const conversation = await conversationAt(context, place, repository, from);
  const origin = pull === null || wanted.base !== undefined ? null : originOf(store, place);
  const { task, kind } = store.transaction(() => {
    const enqueued = enqueue(
      store,
      {
        repository: place.repository.full_name,
        repositoryId: place.repository.id,
        installation: place.installation.id,
        issue: place.issue.number,
        onPullRequest: pull !== null,
        headSha: pull?.sha ?? null,
        source: from.key,
        comment: from.comment,
        requester: place.sender.login,
        requesterId: place.sender.id,
        instruction,
        issueTitle: place.issue.title,
        issueBody: place.issue.body ?? '',
        conversation: JSON.stringify(conversation),
        contextFiles: [],
        ...wantedOf(wanted, repository, settings),
        base: origin?.base ?? wanted.base ?? pull?.ref ?? repository.base ?? place.repository.default_branch,
        settings: JSON.stringify(repository),
        correlation: from.delivery,
      },
      clock.now(),
      settings.taskQueue.maxSize,
      wanted.after,
    );
    if (enqueued.kind === 'queued' && origin !== null && pull !== null)
      store.tasks.update(enqueued.task.id, enqueued.task.epoch, followUp(origin, pull.sha));
    return enqueued;
  });
  context.log.info({ task: taskName(task.id), kind, delivery: from.delivery }, 'asked');
  // A second label on an issue is no second wish; a second comment deserves to know.
  if (kind === 'duplicate' && from.comment !== null) {
    await replies.reply(
      place,
      from.key,
      `${taskName(task.id)} is at it already: the same instruction is still open here.`,
    );
  }
}

/** The task whose pull request this is, if it is one that Orch has opened and that is open still. */
function originOf(store: Store, place: Place): Task | null {
  const tasks = store.tasks.byPull(place.repository.id, place.issue.number);
  return (
    tasks.find(task => task.pullState === 'open' && task.continues === null && isOwnPull(store, task)) ?? null
  );
}

/** What a task has from the one in whose branch and pull request it goes on; `head` is where the branch stands. */
function followUp(origin: Task, head: string): Partial<Task> {
  const { branch, target, baseSha, pull, pullUrl, pullState } = origin;
  return { continues: origin.id, branch, target, baseSha, head, pull, pullUrl, pullState };
}

/** Commands of one comment are asked in one place, and at one moment. */
const conversations = new WeakMap<Place, Promise<Remark[]>>();

function conversationAt(
  context: AppContext,
  place: Place,
  repository: RepositorySettings,
  { at, comment }: Origin,
): Promise<Remark[]> {
  if (at === undefined) return Promise.resolve([]);
  const read = async () => {
    const octokit = await context.github.octokit(place.installation.id, place.repository.id);
    return await freezeConversation(context, octokit, place, repository, { at, comment });
  };
  const conversation = conversations.get(place) ?? read();
  conversations.set(place, conversation);
  return conversation;
}

/** The pull request's head as it is now, when it was asked on one. Forks are refused. */
async function readPull(context: AppContext, place: Place): Promise<{ ref: string; sha: string } | null> {
  if (!place.issue.pull_request) return null;
  const octokit = await context.github.octokit(place.installation.id, place.repository.id);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...ownerAndName(place.repository.full_name),
    pull_number: place.issue.number,
  });
  if (data.head.repo?.id !== place.repository.id) {
    throw new OrchError(
      'E_FORK',
      `#${place.issue.number} comes from a fork, and Orch runs no code from forks`,
    );
  }
  return { ref: data.head.ref, sha: data.head.sha };
}

async function acknowledge(context: AppContext, place: Place, from: Origin): Promise<void> {
  if (from.comment !== null) await context.replies.react(place, from.comment, 'eyes');
}

function statusText(tasks: Task[]): string {
  if (tasks.length === 0) return 'There is no task here yet. Start one with `/orch` and what you want done.';
  const rows = tasks.slice(0, 20).map(task => {
    const pull = task.pull === null ? '' : `#${task.pull}`;
    return `| ${taskName(task.id)} | ${task.state} | ${pull} | ${cell(task.instruction)} | ${cell(tellable(task.reason ?? ''))} |`;
  });
  return [
    '| Task | State | Pull request | Instruction | Reason |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function cell(text: string): string {
  return plainCell(shorten(text.split('\n', 1)[0] ?? '', 80));
}

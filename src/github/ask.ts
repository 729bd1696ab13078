import { matchesGlob } from 'node:path';
import type { Command } from '../command/command.ts';
import { helpText } from '../command/help.ts';
import { nearest } from '../command/nearest.ts';
import type { RunOptions } from '../command/options.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Settings } from '../config/settings.ts';
import { cancel, retry } from '../queue/change.ts';
import { enqueue } from '../queue/enqueue.ts';
import type { Clock } from '../shared/clock.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';
import type { Github } from './client.ts';
import { thread } from './comments.ts';
import type { Place } from './payloads.ts';
import type { Replies } from './replies.ts';
import { plain } from './report/comment.ts';

export interface AskOptions {
  store: Store;
  github: Github;
  clock: Clock;
  log: Log;
  settings: Settings;
  replies: Replies;
}

/** Where a command comes from: its key is unique to it, and the same when its delivery comes again. */
export interface Origin {
  key: string;
  comment: number | null;
  delivery: string;
}

/** Does what someone who may ask has asked for; what can't be done is answered. */
export async function obey(
  options: AskOptions,
  place: Place,
  command: Command,
  repository: RepositorySettings,
  from: Origin,
) {
  const { replies, store, clock } = options;
  try {
    switch (command.kind) {
      case 'help':
        return await replies.reply(place, from.key, helpText());
      case 'status':
        return await replies.reply(place, from.key, statusText(tasksHere(store, place, command.task)));
      case 'cancel': {
        const task = pick(tasksHere(store, place, command.task), task => !isFinal(task.state));
        cancel(store, task.id, `cancelled by ${place.sender.login}`, clock.now());
        return await acknowledge(options, place, from);
      }
      case 'retry': {
        const task = pick(
          tasksHere(store, place, command.task),
          task => isFinal(task.state) && task.state !== 'completed',
        );
        retry(store, task.id, `retried by ${place.sender.login}`, clock.now());
        return await acknowledge(options, place, from);
      }
      case 'run':
        return await run(options, place, command.instruction, command.options, repository, from);
      default:
        return command satisfies never;
    }
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    await replies.reply(place, from.key, describeError(error));
  }
}

/** Whether the server's settings let Orch work in this repository. */
export function isAllowed(settings: Settings, repository: string): boolean {
  const globs = settings.github.allowRepositories;
  return globs.some(glob => matchesGlob(repository.toLowerCase(), glob.toLowerCase()));
}

export async function run(
  options: AskOptions,
  place: Place,
  instruction: string,
  wanted: RunOptions,
  repository: RepositorySettings,
  from: Origin,
): Promise<void> {
  const { store, settings, replies, clock } = options;
  checkAgent(settings, repository, wanted.agent ?? null);
  const pull = await readPull(options, place);
  const { task, kind } = enqueue(
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
      agent: wanted.agent ?? null,
      model: wanted.model ?? null,
      priority: wanted.priority ?? settings.taskQueue.defaultPriority,
      timeoutSeconds:
        wanted.timeoutSeconds ?? repository.timeoutSeconds ?? settings.taskQueue.defaultTimeoutMinutes * 60,
      base: wanted.base ?? pull?.ref ?? repository.base ?? place.repository.default_branch,
      settings: JSON.stringify(repository),
      correlation: from.delivery,
    },
    clock.now(),
    settings.taskQueue.maxSize,
  );
  options.log.info({ task: taskName(task.id), kind, delivery: from.delivery }, 'asked');
  // A second label on an issue is no second wish; a second comment deserves to know.
  if (kind === 'duplicate' && from.comment !== null) {
    await replies.reply(
      place,
      from.key,
      `${taskName(task.id)} is at it already: the same instruction is still open here.`,
    );
  }
}

/** The pull request's head as it is now, when it was asked on one. Forks are refused. */
async function readPull(options: AskOptions, place: Place): Promise<{ ref: string; sha: string } | null> {
  if (!place.issue.pull_request) return null;
  const octokit = await options.github.octokit(place.installation.id);
  const { owner, repo } = thread(place.repository.full_name, 0);
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    owner,
    repo,
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

function checkAgent(settings: Settings, repository: RepositorySettings, agent: string | null): void {
  const names = settings.profiles.map(profile => profile.name);
  const allowed = names.filter(name => !repository.agents || repository.agents.includes(name));
  if (allowed.length === 0) throw new OrchError('E_NO_AGENT', 'No agent is set up for this repository');
  if (agent === null || allowed.includes(agent)) return;
  const near = nearest(agent, allowed);
  const there = allowed.map(name => `\`${name}\``).join(', ');
  throw new OrchError(
    'E_UNKNOWN_AGENT',
    `There is no agent \`${agent}\` here${near ? `; did you mean \`${near}\`?` : ''}`,
    {
      remedy: `Agents: ${there}.`,
    },
  );
}

/** The tasks of this issue or pull request, newest first, or the one that was named if it is of this repository. */
function tasksHere(store: Store, place: Place, id: number | null): Task[] {
  const { id: repository } = place.repository;
  const { number } = place.issue;
  if (id === null)
    return [...store.tasks.byIssue(repository, number), ...store.tasks.byPull(repository, number)];
  const task = store.tasks.get(id);
  if (task?.repositoryId === repository) return [task];
  throw new OrchError('E_UNKNOWN_TASK', `There is no task ${taskName(id)} in this repository`, {
    remedy: 'See the tasks of this issue with `/orch status`.',
  });
}

/** The newest task that fits, else the newest: its state is then what the answer speaks of. */
function pick(tasks: Task[], fits: (task: Task) => boolean): Task {
  const task = tasks.find(fits) ?? tasks[0];
  if (!task)
    throw new OrchError('E_UNKNOWN_TASK', 'There is no task here yet', {
      remedy: 'Start one with `/orch …`.',
    });
  return task;
}

async function acknowledge(options: AskOptions, place: Place, from: Origin): Promise<void> {
  if (from.comment !== null) await options.replies.react(place, from.comment, 'eyes');
}

function statusText(tasks: Task[]): string {
  if (tasks.length === 0) return 'There is no task here yet. Start one with `/orch` and what you want done.';
  const rows = tasks.slice(0, 20).map(task => {
    const pull = task.pull === null ? '' : `#${task.pull}`;
    return `| ${taskName(task.id)} | ${task.state} | ${pull} | ${cell(task.instruction)} | ${cell(task.reason ?? '')} |`;
  });
  return [
    '| Task | State | Pull request | Instruction | Reason |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function cell(text: string): string {
  const line = plain(text.split('\n', 1)[0] ?? '').replaceAll('|', '\\|');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

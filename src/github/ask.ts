import type { Command } from '../command/command.ts';
import type { RunOptions } from '../command/options.ts';
import type { RepositorySettings } from '../config/repository.ts';
import type { Queued } from '../forge/wish.ts';
import { overlapSentences } from '../overlap/words.ts';
import { OrchError } from '../shared/errors.ts';
import { plainCell } from '../shared/markdown.ts';
import { shorten } from '../shared/text.ts';
import type { Store } from '../store/open.ts';
import { type Task, taskName } from '../task/glossary.ts';
import type { Words } from './comments.ts';
import type { AppContext } from './context.ts';
import { helpText } from './help.ts';
import type { Place } from './payloads.ts';
import { approvePlan } from './plans.ts';
import { queueAt } from './queue-at.ts';
import { tellable } from './report/comment.ts';
import { proveHere, steer, tasksHere } from './steer.ts';

/** Where a command comes from: its key is unique to it, and the same when its delivery comes again. */
export interface Origin {
  key: string;
  /** Null where a label or an assignment asks. */
  words: Words | null;
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
  const { replies } = context;
  try {
    switch (command.kind) {
      case 'help':
        return await replies.reply(place, from.key, helpText());
      case 'status':
        return await replies.reply(place, from.key, await statusOf(context, place, command.task));
      case 'approve':
        approvePlan(context, place, command, from.key);
        return await acknowledge(context, place, from);
      case 'prove':
        proveHere(context, place, command.task, from.key);
        return await acknowledge(context, place, from);
      case 'say':
      case 'pause':
      case 'resume':
      case 'cancel':
      case 'retry':
      case 'rollback':
        if (context.elsewhere) await context.elsewhere.steer(place, command);
        else steer(context, place, command, from.key);
        return await acknowledge(context, place, from);
      case 'run':
        return await startTask(context, place, command.instruction, command.options, repository, from);
      default:
        return command satisfies never;
    }
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    await replies.refuse(place, from.key, error);
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
  const wish = {
    instruction,
    options: { ...context.wanted, ...wanted },
    contextFiles: [],
    source: from.key,
    needs: [],
    parent: null,
  };
  const [queued] = await queueAt(context, place, [wish], repository, from);
  const { task, kind } = queued as Queued;
  context.log.info({ task: taskName(task.id), kind, delivery: from.delivery }, 'asked');
  // A second label on an issue is no second wish; a second comment deserves to know.
  if (kind === 'duplicate' && from.words !== null) {
    await context.replies.reply(
      place,
      from.key,
      `${taskName(task.id)} is at it already: the same instruction is still open here.`,
    );
  }
}

async function acknowledge(context: AppContext, place: Place, from: Origin): Promise<void> {
  if (from.words !== null) await context.replies.react(place, from.words, 'eyes');
}

async function statusOf({ store, elsewhere }: AppContext, place: Place, task: number | null) {
  return elsewhere ? await elsewhere.status(place, task) : statusText(store, tasksHere(store, place, task));
}

function statusText(store: Store, tasks: Task[]): string {
  if (tasks.length === 0) return 'There is no task here yet. Start one with `/orch` and what you want done.';
  const rows = tasks.slice(0, 20).map(task => {
    const pull = task.pull === null ? '' : `#${task.pull}`;
    return `| ${taskName(task.id)} | ${task.state} | ${pull} | ${cell(task.instruction)} | ${cell(tellable(task.reason ?? ''))} |`;
  });
  return [
    '| Task | State | Pull request | Instruction | Reason |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...collisions(store, tasks.slice(0, 20)),
  ].join('\n');
}

function collisions(store: Store, tasks: readonly Task[]): string[] {
  const told = tasks.flatMap(({ id, target }) =>
    overlapSentences(store.overlaps.ofTask(id), target, store.tasks.get).map(
      text => `- ${taskName(id)}: ${text}`,
    ),
  );
  return told.length === 0 ? [] : ['', ...told];
}

function cell(text: string): string {
  return plainCell(shorten(text.split('\n', 1)[0] ?? '', 80));
}
